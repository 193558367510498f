"""What a reader sees: pages with outputs, marks, drawings and proofs."""
