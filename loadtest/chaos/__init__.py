"""Kills, stalls, cuts and full disks on one machine: nothing acknowledged may be lost or counted twice."""
