"""Signing in: challenges, one-time links, sessions, and the key that signs their tokens."""
