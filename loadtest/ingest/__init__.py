"""What `make bench-ingest` compares, how it is loaded, and how it is measured."""
