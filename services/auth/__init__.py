"""Who may come in: human checks, one-time links, sessions, and the key that signs them."""
