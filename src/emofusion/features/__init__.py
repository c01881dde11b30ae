"""Utterances -> features, one ragged file per modality."""
