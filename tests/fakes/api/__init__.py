"""A fake of the public API that holds state; every answer is held against the services' own description."""
