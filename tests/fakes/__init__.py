"""Stand-ins that hold state; each is held against the real thing."""
