"""The images of preuve's embedded cluster, packed: `preuve.cluster.embedded.packed` finds them here."""
