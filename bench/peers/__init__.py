"""What the product is timed beside: other servers, pinned, private, and never part of it."""
