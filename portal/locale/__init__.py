"""The words of the portal, one catalogue a language; English is the language of the keys."""
