"""Drafts, transfers and their files; the only service that writes to the bucket."""
