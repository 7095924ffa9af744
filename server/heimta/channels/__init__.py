"""The only room that talks to the outside; a file or folder a channel. Each answers with result.Delivery."""
