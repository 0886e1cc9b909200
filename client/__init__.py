"""A small typed client: everything a sender, an approver or a recipient can do, over the public door."""
