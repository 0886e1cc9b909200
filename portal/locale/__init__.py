"""The texts of the portal, one catalogue per language; the message ids are in English."""
