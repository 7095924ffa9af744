"""Orders at random moments around due steps: which came first?"""
