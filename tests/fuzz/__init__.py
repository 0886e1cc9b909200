"""Fuzzing of every API and page with odd, slow and numerous requests; `make fuzz`."""
