"""How the product is run: the gateway, the image, Kubernetes, and the tools that check them."""
