"""Scripts that try to get in: what they are, where they are put, and the page that waits for one to run."""
