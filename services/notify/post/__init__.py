"""How it is posted: the message on the wire, the relay, and what protects it."""
