"""What whoever runs Heimta sees of it: figures, readiness, log lines."""
