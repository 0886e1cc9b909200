"""Stand-ins that hold state; each passes the suite of the real thing."""
