"""What is said between services: plain data, one module per publisher."""
