"""Everything as one file: a ZIP whose every byte is known before the first one is read, and that is stored nowhere."""
