"""Kubernetes and CoreDNS, compiled and packed: `preuve.cluster.embedded.packed` finds them here."""
