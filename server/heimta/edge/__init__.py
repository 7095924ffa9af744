"""Public HTTP, no login, the hot path. Writes nothing but the log, coupons and nothing else."""
