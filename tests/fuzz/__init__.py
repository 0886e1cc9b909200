"""Requests that nobody means well with: odd, slow to take in, and far too many; `make fuzz`."""
