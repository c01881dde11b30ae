"""A table of utterances, read and checked row by row."""

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

from emofusion.corpora.rows import Row
from emofusion.errors import DataError, kind_of
from emofusion.schemas import NUMBERS, PARTITIONS

REQUIRED = ("utterance_id", "label")
CROPS = ("whole", "left", "right")
MADE = ("audio_samples", "audio_rate", "video_seconds", "video_side")
"""Columns that the workflow adds."""


def rows_of(path: Path) -> list[tuple[int, Row]]:
    """Line number and values of each row, without blanks around them; empty rows are left out.

    Lines that begin with # are comments.

    Raises:
        DataError: not a CSV file in UTF-8 with the required columns, or a row that does not fit.
    """
    lines, numbers = _lines(path)
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header)
        found = [(numbers[reader.line_num - 1], row) for row in reader if any(row)]
    except csv.Error as error:
        number = numbers[min(reader.line_num, len(numbers)) - 1] if numbers else 1
        raise DataError(f"{path}, line {number}: {error}; expected CSV with commas") from None
    faults = [
        f"line {number}: {len(row)} values, expected {len(header)} as in the header; a value that "
        "contains a comma needs quotes"
        for number, row in found
        if len(row) != len(header)
    ]
    if faults:
        raise DataError("\n  ".join([f"{path}:", *faults]))
    return [(number, dict(zip(header, map(str.strip, row), strict=True))) for number, row in found]


def _lines(path: Path) -> tuple[list[str], list[int]]:
    """The lines of a table without comments, and their numbers."""
    try:
        kind = kind_of(path)
        text = path.read_bytes().decode("utf-8-sig") if kind == "text" else ""
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte {error.start} is not UTF-8 ({error.reason}); save the table as UTF-8"
        ) from None
    if kind != "text":
        found = f"is {kind}"
        if kind == "no such file":
            found = kind if path.is_absolute() else f"{kind} in {Path.cwd()}"
        raise DataError(
            f"{path}: {found}; expected a CSV file with the columns {', '.join(REQUIRED)}. "
            "`emofusion table-template` writes one with all columns"
        )
    numbered = [
        (number, line)
        for number, line in enumerate(text.splitlines(keepends=True), 1)
        if not line.startswith("#")
    ]
    return [line for _, line in numbered], [number for number, _ in numbered]


def _check_header(path: Path, header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    if missing and len(header) == 1 and (other := re.search(r"[;\t|]", header[0])):
        raise DataError(
            f"{path}: its columns are separated by {other[0]!r}; expected commas. Save it again "
            "with commas"
        )
    if missing:
        raise DataError(
            f"{path}: has no column {', '.join(missing)}; found {', '.join(header) or 'nothing'}. "
            "Only utterance_id and label are required; `emofusion table-template` shows all columns"
        )
    twice = sorted({name for name in header if header.count(name) > 1 or not name})
    if twice:
        raise DataError(
            f"{path}: the column {twice[0]!r} is there twice or has no name; expected each once"
        )


def faults_of(rows: list[tuple[int, Row]]) -> Iterator[str]:
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


def _faults_of_row(row: Row) -> Iterator[tuple[str, str, str]]:
    """Column, value found, and what was expected."""
    if not row["utterance_id"]:
        yield "utterance_id", "", "an id"
    if "+" in row["label"]:
        yield "label", row["label"], "a name without +, which joins labels in `labels`"
    for column in (name for name in row if NUMBERS.get(name) == "float64" and row[name]):
        if not math.isfinite(_number(row[column])):
            yield column, row[column], "a number"
    for first, last in (("start", "end"), ("audio_start", "audio_end")):
        start, end = (_number(row.get(name) or "nan") for name in (first, last))
        if start < 0:
            yield first, row[first], "seconds from 0"
        if end <= (0.0 if math.isnan(start) else start):
            yield last, row[last], f"seconds after {first}"
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
