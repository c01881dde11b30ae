"""Your own corpus: a CSV file with one row per utterance; docs/corpora.md describes its columns."""

from pathlib import Path

from emofusion.corpora.rows import Row
from emofusion.corpora.table.reading import faults_of, rows_of
from emofusion.errors import DataError

CORPORA = {"table": {"folder": "corpus.csv"}}

SHOWN = 20  # rows in a message


def find(given: Path) -> Path:
    """The folder of the table, which its paths are relative to.

    Raises:
        DataError: it is not a CSV file with the required columns.
    """
    rows_of(given)
    return given.parent


def rows(given: Path) -> list[Row]:
    """The rows of the table.

    Raises:
        DataError: no row, or rows with faults: names line, column, found and expected of each.
    """
    found = rows_of(given)
    if not found:
        raise DataError(f"{given}: holds no utterance; expected one row per utterance")
    if faults := list(faults_of(found)):
        more = (
            f"... and {len(faults) - SHOWN} more; `emofusion check-corpus {given}` lists them all"
        )
        shown = [*faults[:SHOWN], *([more] if len(faults) > SHOWN else [])]
        raise DataError("\n  ".join([f"{given}:", *shown]))
    return [row for _, row in found]
