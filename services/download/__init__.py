"""Downloads: hands each recipient what was sent to them, exactly as often as allowed."""
