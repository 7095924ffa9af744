"""What `make chaos-send` and `make race` share: a shop on every channel, its shoppers, and who receives."""
