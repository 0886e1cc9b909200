"""The events that services exchange, and the values they carry: plain data, one module for each publisher."""
