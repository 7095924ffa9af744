"""What bench-worker is made of: traffic, a rig of real processes, probes, a report."""
