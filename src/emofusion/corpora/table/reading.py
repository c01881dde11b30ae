"""A table of utterances, checked row by row."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from emofusion.corpora.table import rows_of
from emofusion.errors import DataError
from emofusion.schemas import NUMBERS, PARTITIONS, UNKNOWN

CROPS = ("whole", "left", "right")
MADE = ("audio_samples", "audio_rate", "video_seconds", "video_side")
"""Columns that the workflow adds."""
SHOWN = 20  # rows in a message


def utterances(path: Path) -> pd.DataFrame:
    """The utterance table of a CSV file.

    Where a row has a video and no recording, the sound is that of the video. start and end are a
    span of both; columns audio_start and audio_end, where the file has them, are that of the sound.

    Returns:
        One row per utterance; columns as in `emofusion.schemas.UTTERANCES`, as far as the file has
        them or they follow from it, and those that only the file knows.

    Raises:
        DataError: a file that cannot be read, or rows with faults: names line, column, found and
            expected of each.
    """
    rows = rows_of(path)
    if faults := list(faults_of(rows)):
        more = f"... and {len(faults) - SHOWN} more; `emofusion check-corpus {path}` lists them all"
        raise DataError(
            "\n  ".join([f"{path}:", *faults[:SHOWN], *([more] if len(faults) > SHOWN else [])])
        )
    table = pd.DataFrame([row for _, row in rows])
    numbers = [name for name in table if NUMBERS.get(name) == "float64"]
    for name in numbers:
        table[name] = table[name].map(_number)
    absent = {name: value for name, value in UNKNOWN.items() if name not in table}
    table = table.assign(**absent)
    table["video_side"] = table.get("crop", pd.Series("", table.index)).replace("", "whole")
    table["audio_path"] = table["audio_path"].where(table["audio_path"] != "", table["video_path"])
    spans = {f"audio_{name}": table[name] for name in ("start", "end")}
    return table.assign(**{name: span for name, span in spans.items() if name not in table})


def faults_of(rows: list[tuple[int, dict[str, str]]]) -> Iterator[str]:
    """What is wrong with the rows: line, column, found, expected."""
    first: dict[str, int] = {}
    for name in MADE:
        if rows and name in rows[0][1]:
            yield f"column {name}: the workflow makes a column of this name; rename it"
    for number, row in rows:
        for column, found, expected in _faults_of_row(row):
            yield f"line {number}, {column}: found {found!r}, expected {expected}"
        utterance = row["utterance_id"]
        if utterance and utterance in first:
            yield (
                f"line {number}, utterance_id: found {utterance!r} again (line "
                f"{first[utterance]}), expected each id once"
            )
        first.setdefault(utterance, number)


def _faults_of_row(row: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Column, value found, and what was expected."""
    if not row["utterance_id"]:
        yield "utterance_id", "", "an id"
    if "+" in row["label"]:
        yield "label", row["label"], "a name without +, which joins labels in `labels`"
    for column in (name for name in row if NUMBERS.get(name) == "float64" and row[name]):
        if not math.isfinite(_number(row[column])):
            yield column, row[column], "a number"
    start, end = (_number(row.get(name) or "nan") for name in ("start", "end"))
    if start < 0:
        yield "start", row["start"], "seconds from 0"
    if end <= (0.0 if math.isnan(start) else start):
        yield "end", row["end"], "seconds after the start"
    crop = row.get("crop", "")
    if crop == "face":
        yield "crop", crop, "whole, left or right (finding faces is not possible yet)"
    elif crop and crop not in CROPS:
        yield "crop", crop, ", ".join(CROPS)
    if row.get("split", "") not in ("", *PARTITIONS):
        yield "split", row["split"], f"{', '.join(PARTITIONS)} or nothing"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
