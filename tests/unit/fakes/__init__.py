"""The fakes themselves."""
