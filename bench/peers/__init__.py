"""Other servers that the product is compared with: pinned versions, never part of the product."""
