"""The archive of several files: a ZIP whose bytes are all known before a file is read, and that is stored nowhere."""
