"""Playing a page: a namespace, a shell, its commands one after the other."""
