"""The verdict of a comparison: as columns to compute with, and in words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from emofusion.wording import count, decimals, probability

FOLDS_NEEDED = 4
"""Minimum number of folds, or speakers, for a verdict: fewer agree too easily by chance."""
CLUSTERS_NEEDED = 10
"""Minimum number of clusters (dialogs, speakers, utterances) for a verdict on one partition."""
SEEDS_NEEDED = 5
"""Minimum number of seeds for a verdict on a single partition. With two seeds and 280 dialogs the
test finds a false difference in one of nine simulated studies (docs/statistics.md)."""
TOO_FEW = ("few_folds", "few_speakers", "few_clusters", "few_seeds")
"""Reasons that keep a design from any verdict, however large a difference is."""


class Verdict(NamedTuple):
    """A against B.

    Attributes:
        direction: "better" or "worse" if the tests found a difference, else "".
        equivalent: whether the tests show that the difference is within the margin.
        reason: why there is no direction: "no_common_fold"; one of `TOO_FEW`; "no_variation";
            "holm" (the primary test finds a difference only before Holm's correction);
            "nadeau_bengio" (only before Nadeau and Bengio's); "equivalence" (the pair is equivalent
            only before these corrections); or "" (no test finds anything).
    """

    direction: str = ""
    equivalent: bool = False
    reason: str = ""


def read_verdicts(path: Path) -> pd.DataFrame:
    """The table statistics/verdicts.csv; empty text columns are "" rather than NaN."""
    texts = ("modalities", "direction", "reason", "error_from")
    table = pd.read_csv(path, dtype=dict.fromkeys(texts, "str"))
    return table.fillna(dict.fromkeys(texts, ""))


def decide(
    tests: Mapping[str, Mapping[str, Any]], primary: str, folds: int, seeds: int, alpha: float
) -> Verdict:
    """Verdict of a comparison.

    Both a difference and an equivalence must also hold with Nadeau and Bengio's correction for
    training sets that overlap; with a single partition there is only one training set and no
    correction. All need P after Holm below alpha; the primary endpoint has none to correct.

    Args:
        tests: {test: its values} of the comparison.
        primary: the test that the verdict rests on.
        folds: number of folds that both systems have.
        seeds: number of runs of the system with fewer runs; read only for a single partition.
        alpha: the level; P below it is significant.
    """
    first = tests[primary]
    corrected = tests.get("corrected_resampled", first)
    corrected_equivalence = tests.get("equivalence_corrected", tests["equivalence"])
    if not folds:
        return Verdict(reason="no_common_fold")
    if primary == "one_partition":
        if first["n"] < CLUSTERS_NEEDED:
            return Verdict(reason="few_clusters")
        if seeds < SEEDS_NEEDED:
            return Verdict(reason="few_seeds")
    elif folds < FOLDS_NEEDED:
        return Verdict(reason="few_folds")
    elif first["n"] < FOLDS_NEEDED:
        return Verdict(reason="few_speakers")
    if np.isnan(first["p"]):
        return Verdict(reason="no_variation")
    plain = tests["equivalence"]["p"] < alpha
    equivalent = bool(
        tests["equivalence"]["p_holm"] < alpha and corrected_equivalence["p_holm"] < alpha
    )
    if first["p_holm"] < alpha and corrected["p_holm"] < alpha:
        return Verdict("better" if first["difference"] > 0 else "worse", equivalent)
    reason = (
        "nadeau_bengio" if first["p_holm"] < alpha
        else "holm" if first["p"] < alpha
        else "equivalence" if plain and not equivalent
        else ""
    )  # fmt: skip
    return Verdict("", equivalent, reason)


def kind(row: Mapping[str, Any]) -> str:
    """In one word: better, worse, equivalent or undecided."""
    return row["direction"] or ("equivalent" if row["equivalent"] else "undecided")


def partition_suffix(row: Mapping[str, Any]) -> str:
    """Text that limits a verdict to a single test partition; else empty."""
    return " on this test partition" if row["primary"] == "one_partition" else ""


def verdict_text(row: Mapping[str, Any]) -> str:
    """A verdict in words, of A against B.

    Args:
        row: a row of verdicts.csv with direction, equivalent, reason, folds, speakers, runs_a,
            runs_b, primary, sample, samples, p, p_corrected_holm and margin.
    """
    equivalent = f"equivalent within {decimals(row['margin'])}" if row["equivalent"] else ""
    decided = ", but ".join(filter(None, [row["direction"], equivalent]))
    decided += partition_suffix(row) if decided else ""
    why = _why(row)
    return decided or (f"undecided ({why})" if why else "undecided")


def _why(row: Mapping[str, Any]) -> str:
    match row["reason"]:
        case "few_folds" | "few_speakers" as reason:
            unit = reason.removeprefix("few_")
            number = row[unit]
            return f"{number} {unit if number > 1 else unit[:-1]}, a verdict needs {FOLDS_NEEDED}"
        case "few_clusters":
            found = count(int(row["samples"]), row["sample"])
            return f"{found}, a verdict on one partition needs {CLUSTERS_NEEDED}"
        case "few_seeds":
            found = count(int(min(row["runs_a"], row["runs_b"])), "seed")
            return f"{found}, a verdict on one partition needs {SEEDS_NEEDED}"
        case "no_common_fold":
            return "no common fold"
        case "no_variation":
            return "the differences do not vary"
        case "holm":
            return f"only before Holm, P {probability(row['p'])}"
        case "nadeau_bengio":
            return f"not after Nadeau-Bengio and Holm, P {probability(row['p_corrected_holm'])}"
        case "equivalence":
            return "equivalent, but not after Nadeau-Bengio and Holm"
    return ""
