"""The content of mails: what they say, as plain text and as HTML."""
