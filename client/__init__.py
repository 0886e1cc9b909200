"""A typed Python client of the public API: send, approve and download transfers."""
