"""Bracketed events of transcripts; without NLTK, since the probe asks about every transcript."""

import re

EVENT = re.compile(r"\[[^\]]*\]")
"""An event such as [LAUGHTER]."""


def without_events(transcript: str) -> str:
    """A transcript without its bracketed events."""
    return EVENT.sub(" ", transcript)
