"""How things are done here: mechanics that know no word of the domain."""
