"""The Kubernetes manifests, and the rules that their rendering must follow."""
