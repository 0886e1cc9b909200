"""The portal's pages on services that are played by one object with a state."""
