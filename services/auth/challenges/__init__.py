"""Challenges that tell people from programs: one provider per kind."""
