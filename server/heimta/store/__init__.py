"""The only room that knows Redis. Every key and lifetime is in keys.py."""
