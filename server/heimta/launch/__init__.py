"""Starting processes: the embedded Valkey, the children, the demo. Imports model and settings only."""
