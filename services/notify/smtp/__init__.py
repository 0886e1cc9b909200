"""Build messages and submit them to the SMTP relay."""
