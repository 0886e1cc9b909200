"""What people see: the real stack in a real browser."""
