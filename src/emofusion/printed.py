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
from typing import NamedTuple


class Claim(NamedTuple):
    """What the paper says, or its Table 1 shows, about two systems on different inputs or models.

    Attributes:
        text: the claim, with the first system as its subject.
        a, b: (model, modalities) of the systems; the claim is that A is better.
    """

    text: str
    a: tuple[str, str]
    b: tuple[str, str]


CLAIMS = (
    Claim("text outperforms vision", ("self", "t"), ("self", "v")),
    Claim("text outperforms audio", ("self", "t"), ("self", "a")),
    Claim("vision outperforms audio (Table 1)", ("self", "v"), ("self", "a")),
    Claim("all modalities outperform text (Table 1)", ("self", "tva"), ("self", "t")),
    Claim("text and vision are the best pair", ("self", "tv"), ("self", "ta")),
    Claim("text and vision are the best pair", ("self", "tv"), ("self", "va")),
    Claim("text and vision are the best pair", ("cross", "tv"), ("cross", "ta")),
    Claim("text and vision are the best pair", ("cross", "tv"), ("cross", "va")),
    Claim("attention outperforms MDRE", ("self", "tva"), ("mdre", "tva")),
    Claim("attention outperforms MDRE", ("cross", "tva"), ("mdre", "tva")),
    Claim("attention outperforms MDRE", ("amh", "tva"), ("mdre", "tva")),
)
"""Section 3 of the paper on Table 1, apart from self against cross."""


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
