"""The portal's pages in front of a fake of the public API."""
