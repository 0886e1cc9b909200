"""Is there a human? The kinds of check, each behind the same two methods."""
