"""Your own corpus: a CSV file with one row per utterance; docs/corpora.md describes its columns."""

import csv
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from emofusion.corpora.folders import size_of
from emofusion.errors import DataError, kind_of

if TYPE_CHECKING:
    import pandas as pd

CORPORA = {"table": {"title": "the user's corpus", "folder": "corpus.csv"}}

REQUIRED = ("utterance_id", "label")
MOST_PARTS = 24
"""With so many sessions or speakers each has a part; with more, parts are drawn by their hash."""
DRAWN_PARTS = 16

Row = dict[str, str]


def find(given: Path) -> Path:
    """The folder of the table, which its paths are relative to.

    Raises:
        DataError: it is not a CSV file with the required columns.
    """
    _parts(given)
    return given.parent


def sessions(given: Path) -> list[str]:
    """The parts of the table that separate jobs read: by session, speaker, or hash of the id."""
    return sorted(_parts(given))


def fingerprint(given: Path, session: str, modalities: str) -> str:
    """Hash of the rows of a part (t), or of names and sizes of its videos (v) or recordings (a)."""
    rows = _parts(given)[session]
    lines = [f"{key}\t{value}" for row in rows for key, value in row.items() if modalities == "t"]
    videos = [row.get("video_path", "") for row in rows]
    paths = list(videos) if "v" in modalities else []
    if "a" in modalities:
        paths += [row.get("audio_path") or video for row, video in zip(rows, videos, strict=True)]
    lines += [f"{path}\t{size_of(given.parent / path)}" for path in dict.fromkeys(paths) if path]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read(given: Path, session: str) -> "pd.DataFrame":
    """The utterance table of a part: see `emofusion.corpora.table.reading`."""
    # Here, since every start of the workflow imports this file, and pandas takes half a second.
    from emofusion.corpora.table.reading import utterances

    ids = {row["utterance_id"] for row in _parts(given)[session]}
    table = utterances(given)
    return table[table["utterance_id"].isin(ids)].reset_index(drop=True)


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
        found = kind if kind == "no such file" else f"is {kind}"
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


def _parts(given: Path) -> dict[str, list[Row]]:
    """{part: its rows}."""
    try:
        state = given.stat()
    except OSError:
        state = None  # the reader says what is wrong
    return _parts_of(given, state and (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=4)  # the workflow asks for each part and modality
def _parts_of(given: Path, state: object) -> dict[str, list[Row]]:
    rows = [row for _, row in rows_of(given)]
    if not rows:
        raise DataError(f"{given}: holds no utterance; expected one row per utterance")
    by = next((name for name in ("session", "speaker") if any(row.get(name) for row in rows)), "")
    keys = [(row.get(by) or "none") if by else row["utterance_id"] for row in rows]
    drawn = not by or len(set(keys)) > MOST_PARTS
    parts: dict[str, list[Row]] = {}
    for key, row in zip(keys, rows, strict=True):
        parts.setdefault(_drawn(key) if drawn else _file_name(key), []).append(row)
    return parts


def _drawn(key: str) -> str:
    """A part that depends only on the key, so that a new row changes one part."""
    return f"{int(hashlib.sha256(key.encode()).hexdigest(), 16) % DRAWN_PARTS + 1:02d}"


def _file_name(key: str) -> str:
    """A name that folders may have, different for different keys."""
    if re.fullmatch(r"[\w-]{1,40}", key, re.ASCII):
        return key
    plain = re.sub(r"[^\w-]+", "_", key, flags=re.ASCII)[:30]
    return f"{plain}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
