"""Heimta on a real cluster: three masters, three replicas, and what is done to them."""
