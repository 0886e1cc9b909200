"""What is allowed at the counter, and what does it announce? Pure; `now` is an argument."""
