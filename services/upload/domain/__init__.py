"""The rules of drafts, transfers and files; pure functions: time is an argument, nothing is read or written."""
