"""Proofs that take longer than a test run: load, faults, hostile traffic. One make target each."""
