"""What an e-mail looks like, whom it may go to, and what comes back. Pure."""
