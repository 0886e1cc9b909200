"""The mechanics that all services share; no module here knows a word of the domain."""
