"""The best system by each metric, and how each other system compares with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.evaluation.results import require_file
from emofusion.evaluation.verdicts import read_verdicts

SUMMARY = "metrics/summary.csv"
VERDICTS_FILE = "statistics/verdicts.csv"


@dataclass(frozen=True)
class Rival:
    """Another system, compared with the best one.

    Attributes:
        system: model/modalities.
        mean: mean of the metric over its runs.
        relation: this system against the best one: "worse" or "better" where the tests found a
            difference (it can disagree with the order of the means), "equivalent", "undecided",
            or "not compared".
    """

    system: str
    mean: float
    relation: str


@dataclass(frozen=True)
class Best:
    """The system with the highest mean of a metric, and all others, the next best first."""

    metric: str
    system: str
    mean: float
    std: float
    runs: int
    rivals: list[Rival]


def best_systems(results: Path) -> list[Best]:
    """The best system by balanced accuracy and by accuracy.

    A pair was compared if verdicts.csv has it; only models on the same modalities are.

    Raises:
        DataError: there are no results.
    """
    summary = pd.read_csv(require_file(results / SUMMARY))
    summary["system"] = summary["model"] + "/" + summary["modalities"]
    verdicts = read_verdicts(require_file(results / VERDICTS_FILE)).to_dict("records")
    return [
        _best(summary[summary["metric"] == metric], verdicts, metric)
        for metric in ("balanced_accuracy", "accuracy")
    ]


def _best(scores: pd.DataFrame, verdicts: list[dict[str, Any]], metric: str) -> Best:
    ranked = scores.sort_values("mean", ascending=False, kind="stable")
    first, *others = ranked.to_dict("records")
    relations = dict(_relations(verdicts, first["system"], metric))
    rivals = [
        Rival(row["system"], row["mean"], relations.get(row["system"], "not compared"))
        for row in others
    ]
    return Best(metric, first["system"], first["mean"], first["std"], first["runs"], rivals)


def _relations(
    verdicts: list[dict[str, Any]], system: str, metric: str
) -> Iterator[tuple[str, str]]:
    """(other system, how it relates to this one) of every comparison with this system."""
    turned = {"better": "worse", "worse": "better"}
    for row in verdicts:
        pair = [f"{row[name]}/{row['modalities']}" for name in ("model_a", "model_b")]
        if row["metric"] != metric or system not in pair:
            continue
        none = "equivalent" if row["equivalent"] else "undecided"
        found = row["direction"] or none  # of A against B
        if pair[0] == system:
            yield pair[1], turned.get(found, found)
        else:
            yield pair[0], found
