"""What is allowed, and what does it announce? Pure rules: time is an argument, nothing is read or written."""
