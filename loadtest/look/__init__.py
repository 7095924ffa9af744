"""Templates as shoppers see them: the demo shop, an edge that gives it one campaign a page, real browsers."""
