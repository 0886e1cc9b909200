"""The web portal: pages for people, made on the server; it speaks to the services by the public door alone."""
