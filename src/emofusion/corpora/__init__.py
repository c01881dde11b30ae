"""Raw corpora, read into utterance tables."""
