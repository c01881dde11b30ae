"""Utterances -> features, one ragged file a modality."""
