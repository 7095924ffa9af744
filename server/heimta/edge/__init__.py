"""Public HTTP, no login, the hot path. Writes the log and coupons, nothing else."""
