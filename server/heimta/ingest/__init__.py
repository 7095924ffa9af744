"""Bytes in, events or drops with a reason out; and the group commit that makes them durable."""
