"""The public entry point: the templates of an nginx configuration, and the module that renders them."""
