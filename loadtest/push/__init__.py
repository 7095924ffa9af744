"""What the proofs of web push share: a push service on loopback, and a crowd that has subscribed to it."""
