"""Kill the sender at every place where it hurts, over and over, and count what arrived."""
