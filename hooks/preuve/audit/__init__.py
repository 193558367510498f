"""Other people's pages, with outputs typed by hand: which of them a cluster really answers."""
