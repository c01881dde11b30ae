"""RAVDESS, speech: 24 actors say two sentences in eight emotions (Livingstone and Russo, 2018)."""

import re
from itertools import product
from pathlib import Path

from emofusion.corpora.media import files_below, require_folder
from emofusion.corpora.rows import Row
from emofusion.errors import DataError

CORPORA = {
    "ravdess": {
        "title": "RAVDESS (speech)",
        "folder": "RAVDESS",
        "labels": "neutral calm happy sad angry fearful disgust surprised",
        "speakers": 24,
    }
}

LABELS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
STATEMENTS = {1: "Kids are talking by the door.", 2: "Dogs are sitting by the door."}
INTENSITIES = {1: "normal", 2: "strong"}
# Modality (1 sound and picture, 2 picture, 3 sound), channel 1 (speech), emotion, intensity,
# statement, repetition, actor.
NAME = re.compile(r"0([123])-01-0([1-8])-0([12])-0([12])-0([12])-(\d\d)\.(wav|mp4)")
EXPECTED = "folders such as Actor_01 with files such as 03-01-05-01-02-01-12.wav"

EMOBOX_FOLDS = (
    (1, 11, 20, 21),
    (4, 10, 12, 14),
    (8, 9, 19, 23),
    (3, 5, 7, 24),
    (2, 15, 16, 18),
    (6, 13, 17, 22),
)
"""Test actors of EmoBox's folds 1 to 6."""
DEVELOPMENT, TEST = (16, 17, 19, 20), (21, 22, 23, 24)
"""Actors of audEERING's split; all others train."""


def find(given: Path) -> Path:
    """The folder with the actors' folders.

    Raises:
        DataError: it is not there.
    """
    return require_folder(given, EXPECTED)


def rows(given: Path) -> list[Row]:
    """One row per utterance.

    A recording and the video of the same utterance are one row: their sound is the same, and as
    two utterances they could be in training and test.

    Raises:
        DataError: no file of the corpus.
    """
    utterances: dict[str, dict[str, str]] = {}
    for name, paths in sorted(files_below(find(given), NAME.fullmatch).items()):
        match = NAME.fullmatch(name)
        assert match
        row = utterances.setdefault(f"03{name[2:-4]}", _row(match))
        if match[7] == "wav":
            row["audio_path"] = paths[0]
        elif match[1] == "1" or "video_path" not in row:  # with sound, where there is a choice
            row["video_path"] = paths[0]
    if not utterances:
        raise DataError(f"{given}: no speech of RAVDESS below this folder; expected {EXPECTED}")
    columns = {name: "" for row in utterances.values() for name in row}
    return [columns | {"utterance_id": name} | row for name, row in sorted(utterances.items())]


def _row(match: re.Match[str]) -> dict[str, str]:
    _, emotion, intensity, statement, repetition, actor, _ = match.groups()
    number = int(actor)
    split = "dev" if number in DEVELOPMENT else "test" if number in TEST else "train"
    return {
        "label": LABELS[int(emotion) - 1],
        "speaker": f"actor{actor}",
        "gender": "F" if number % 2 == 0 else "M",
        "split": split,
        "language": "en",
        "transcript": STATEMENTS[int(statement)],
        "statement": statement,
        "intensity": INTENSITIES[int(intensity)],
        "repetition": repetition,
        "emobox_fold": str(
            next((n for n, fold in enumerate(EMOBOX_FOLDS, 1) if number in fold), "")
        ),
    }


def known_ids() -> list[str]:
    """The utterances of the full corpus; neutral has one intensity only."""
    spoken = product(range(1, 9), (1, 2), (1, 2), (1, 2), range(1, 25))
    return [
        f"03-01-{emotion:02d}-{intensity:02d}-{statement:02d}-{repetition:02d}-{actor:02d}"
        for emotion, intensity, statement, repetition, actor in spoken
        if (emotion, intensity) != (1, 2)
    ]


def known_counts() -> dict[str, dict[str, int]]:
    """{column: {value: utterances}} of the full corpus."""
    return {
        "label": {name: 96 if name == "neutral" else 192 for name in LABELS},
        "speaker": {f"actor{number:02d}": 60 for number in range(1, 25)},
    }
