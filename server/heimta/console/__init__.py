"""Merchant HTTP: login, reports, switches. Server-rendered; knows nothing of the edge or the channels."""
