"""The single annotators of IEMOCAP, from the lines below each label."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from emofusion.corpora.iemocap.reading import read_text
from emofusion.schemas import EXTERNAL, RATINGS, SELF

CODES = ("ang", "hap", "exc", "sad", "neu", "fru", "sur", "fea", "dis", "oth")
"""Label codes: the first letters of what annotators write, such as Anger or Neutral state."""

UTTERANCE_LINE = re.compile(r"\[[^]]*\]\s+(\S+)\s")
RATING_LINE = re.compile(r"([CA])-(\w+):([^(]*)")  # a comment in brackets follows
ATTRIBUTE = re.compile(r"\b(val|act|dom)\s+(\d+(?:\.\d+)?)")
ATTRIBUTES = {"val": "valence", "act": "activation", "dom": "dominance"}
SAID = ("label", *ATTRIBUTES.values())


def read_ratings(files: Iterable[Path]) -> list[dict[str, Any]]:
    """The ratings of some label files, one after the other: see `parse_ratings`.

    Raises:
        DataError: a file that cannot be read.
    """
    return [row for path in files for row in parse_ratings(read_text(path))]


def parse_ratings(text: str) -> list[dict[str, Any]]:
    """Ratings in a label file of IEMOCAP, by utterance and annotator in the order of the file.

    Lines such as `C-E1: Neutral; ()` and `A-E1: val 3; act 2; dom 2; ()` follow the line of their
    utterance. E1, E2 and so on are annotators; F1 or M1 is the actor, who rates their own turns.

    Args:
        text: content of a label file.

    Returns:
        Rows as in `RATINGS`. Several labels of one annotator are joined: ang;fru. A label that is
        not one of `CODES` stays as it is written. What an annotator did not say is missing.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    utterance = ""
    for line in text.splitlines():
        if named := UTTERANCE_LINE.match(line):
            utterance = named[1]
        elif utterance and (said := RATING_LINE.match(line)):
            kind, annotator, content = said.groups()
            row = rows.setdefault((utterance, annotator), _empty(utterance, annotator))
            row.update(_attributes(content) if kind == "A" else {"label": _labels(content)})
    return [row for row in rows.values() if any(row[name] for name in SAID)]


def _empty(utterance: str, annotator: str) -> dict[str, Any]:
    """A row in which nothing is said."""
    kind = EXTERNAL if annotator.startswith("E") else SELF
    return dict.fromkeys(RATINGS) | {
        "utterance_id": utterance,
        "annotator": annotator,
        "kind": kind,
        "label": "",
    }


def _labels(content: str) -> str:
    """Codes of labels such as "Anger; Frustration;", each once."""
    words = filter(None, (word.strip() for word in content.split(";")))
    codes = (word[:3].lower() if word[:3].lower() in CODES else word for word in words)
    return ";".join(dict.fromkeys(codes))


def _attributes(content: str) -> dict[str, float]:
    return {ATTRIBUTES[name]: float(value) for name, value in ATTRIBUTE.findall(content)}
