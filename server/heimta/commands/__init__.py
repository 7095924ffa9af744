"""Groups of commands, one file each; cli.py joins them."""
