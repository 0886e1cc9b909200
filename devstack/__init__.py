"""The whole product as private processes on loopback: no container engine, no systemd, nothing outside one folder."""
