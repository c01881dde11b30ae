"""The utterance table on disk."""

from pathlib import Path

import pandas as pd

NUMBERS = {
    "session": "int64",
    "start": "float64",
    "end": "float64",
    "valence": "float64",
    "activation": "float64",
    "dominance": "float64",
    "audio_samples": "int64",
    "audio_rate": "int64",
    "video_seconds": "float64",
    "fold": "int64",
    "row": "int64",
    "tokens": "int64",
    "audio_frames": "int64",
    "video_frames": "int64",
}
"""Numeric columns of the tables; all others are text."""


def read_table(path: Path) -> pd.DataFrame:
    """Read an utterance table as it was written: "NA" is a word, an empty transcript a text."""
    header = pd.read_csv(path, nrows=0).columns
    return pd.read_csv(
        path,
        dtype={name: NUMBERS.get(name, "str") for name in header},
        keep_default_na=False,
        na_values={name: [""] for name in header if NUMBERS.get(name) == "float64"},
    )
