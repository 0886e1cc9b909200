"""The product on Kubernetes, and the rules that every rendering of it keeps."""
