"""How a decided message leaves by each channel: what it says, and to whom. A file a channel."""
