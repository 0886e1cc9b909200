"""The only public door: one nginx configuration and the function that fills it in."""
