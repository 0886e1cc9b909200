"""The responses of the API, one module for each service: one description of each, for every client."""
