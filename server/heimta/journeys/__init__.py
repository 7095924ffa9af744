"""The step machine: advance (pure) and send (I/O)."""
