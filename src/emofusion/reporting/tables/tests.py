"""The tests of each comparison."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.verdicts import kind, verdict_text
from emofusion.reporting.layout import Cell, Group, Table
from emofusion.reporting.tables.comparisons import (
    by_test,
    difference_cell,
    interval_cell,
    key_of,
    level_text,
    named,
    primary_sample,
    rows_of_comparisons,
    scope,
    shown_in,
)
from emofusion.reporting.tables.results import Results
from emofusion.wording import probability_cell

TABLES = {
    "tests": {
        "title": "Tests and verdicts",
        "reads": "results verdicts comparisons",
        "uses": "alpha",
        "needs": "pairs",
        "says": "holds the tests that the verdicts rest on, and the paper's",
        "order": 30,
    }
}
BOOTSTRAPS = {"bootstrap_dialogs": "dialogs", "bootstrap_speakers": "speakers"}
"""{test: heading of its column}; a corpus may not know its dialogs or speakers."""


def tests(
    results: Results, verdicts: pd.DataFrame, comparisons: pd.DataFrame, *, alpha: float
) -> Table:
    """The tests of each comparison side by side.

    Args:
        results: the results of all systems.
        verdicts: one row per comparison and metric.
        comparisons: one row per comparison, metric and test.
        alpha: level of the tests.
    """
    shown = shown_in(verdicts, results.own_models)
    intervals, made = by_test(comparisons), set(comparisons["test"])
    bootstraps = {test: title for test, title in BOOTSTRAPS.items() if test in made}
    rows = [
        [
            name,
            PRINTED[row.metric],
            difference_cell(row.difference, row.low, row.high),
            probability_cell(row.p_published),
            probability_cell(row.p),
            probability_cell(row.p_holm),
            probability_cell(row.p_corrected_holm),
            *(_interval_of(intervals.get((*key_of(row), test))) for test in bootstraps),
            _verdict(row, results.runs),
        ]
        for name, row in named(shown)
    ]
    return rows_of_comparisons(
        results,
        shown,
        title="Tests",
        caption=(
            f"Differences between models, and tests at the level {alpha:g}. The difference is the "
            "first model's mean minus the second's, averaged over seeds, with the "
            f"{level_text(1 - alpha)} interval of the primary test, {primary_sample(shown)}. P: of "
            "the paper's two-sample t-test over runs; of the primary test; the same after Holm's "
            "correction for the family; and, also after Holm, with Nadeau and Bengio's correction "
            "for training sets that overlap. A verdict of better or worse needs both P after Holm "
            "below the level (a single partition has no Nadeau-Bengio test and needs one). "
            f"{_drawn(bootstraps.values())}{scope(shown)}"
        ),
        heads=[
            "Comparison",
            "",
            "Difference",
            "published",
            "primary",
            "after Holm",
            "Nadeau-Bengio",
            *bootstraps.values(),
            "Verdict",
        ],
        groups=[
            Group("", "", 2),
            Group("P", "P", 4),
            *([Group("Bootstrap", "bootstrap", len(bootstraps))] if bootstraps else []),
            Group("", "", 1),
        ],
        rows=rows,
    )


def _drawn(units: Iterable[str]) -> str:
    """What the bootstraps draw, as a sentence."""
    names = ", or ".join(units)
    return f"Bootstrap: intervals from drawing {names}, with replacement. " if names else ""


def _interval_of(row: Any) -> str:
    """The interval of a test; empty where the test was not made."""
    return "" if row is None else interval_cell(row.low, row.high)


def _verdict(row: Any, runs: int) -> Cell:
    """Bold unless undecided; with the numbers of runs if some are missing."""
    complete = row.runs_a == row.runs_b == runs
    text = verdict_text(row._asdict())
    text += "" if complete else f" ({row.runs_a}, {row.runs_b} runs)"
    return Cell(text, bold=kind(row._asdict()) != "undecided")
