"""Starts the portal."""

from portal.app import main

main()
