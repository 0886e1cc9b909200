"""Deployment: the gateway, the images, compose, Kubernetes, and the tools that check them."""
