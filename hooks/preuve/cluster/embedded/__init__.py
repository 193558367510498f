"""The embedded cluster: real Kubernetes, started on the spot."""
