"""Results printed in the paper and in other sources: `printed.csv`, one row per system and metric.

Columns: source, year, corpus (a value of `source` in config.yaml), classes (their number), folds
(in words) and schemes (the `splits` that are the same folds: a scheme, or scheme:by), table (of the
paper; empty for other sources), modalities, model, features, metric, mean and std (0 to 1),
asterisk (what the paper calls significant).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Setting:
    """What decides whether two results can be compared.

    Attributes:
        corpus: value of `source`.
        classes: number of classes.
        scheme: `splits.scheme`; for the scheme group with its column, group:by.
    """

    corpus: str
    classes: int
    scheme: str

    def differences(self, row: Mapping[str, str]) -> list[str]:
        """Why a printed result cannot be compared; empty if it can."""
        found = []
        if int(row["classes"]) != self.classes:
            found.append(f"{row['classes']} classes, ours {self.classes}")
        if self.scheme not in row["schemes"].split():
            found.append(f"folds: {row['folds']}, ours {self.scheme}")
        return found


@cache
def printed_rows() -> list[dict[str, str]]:
    """All rows, as text."""
    with Path(__file__).with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of_others(corpus: str) -> list[dict[str, str]]:
    """Rows for a corpus from sources other than the paper (rows of the paper name a table)."""
    return [row for row in printed_rows() if row["corpus"] == corpus and not row["table"]]
