"""The page to explore: its data, and the server that adds the corpus to it."""
