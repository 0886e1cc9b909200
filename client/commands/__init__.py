"""The command line: what a person types, and what they read; all it does, the library around it does."""
