"""Where pages are played: the embedded cluster, or one of the user's."""
