"""Does every event get home? The snippet in real browsers, far from its edge (`make deliver`)."""
