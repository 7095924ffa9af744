"""What the shop's page pays for the tag (`make bench-snippet`)."""
