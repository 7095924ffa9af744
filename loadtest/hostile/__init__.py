"""Strangers: what they send, how they send it, and what it costs."""
