"""How an application is served when anyone may connect, with no proxy in front."""
