"""The paper's numbers and ours."""

from typing import Any

import pandas as pd

from emofusion.evaluation.metrics import PRINTED
from emofusion.reporting.layout import Cell, Group, Table
from emofusion.reporting.tables.comparisons import difference_cell, level_text
from emofusion.reporting.tables.results import (
    Results,
    caption_reservations,
    counts_as_complete,
    notes,
)
from emofusion.wording import count, number_cell, signed, system_name

TABLES = {
    "reproduction": {
        "title": "Published and reproduced",
        "reads": "results reproduction",
        "uses": "alpha",
        "says": "compares these numbers with the paper's",
        "needs": "printed",
        "order": 50,
    }
}


def reproduction(results: Results, reproduction: pd.DataFrame, *, alpha: float) -> Table:
    """The paper's numbers and ours.

    Args:
        results: the results of all systems.
        reproduction: one row per published number that was reproduced.
        alpha: the intervals cover 1 - alpha.
    """
    cells = {
        (row.table, row.model, row.modalities, row.metric): row
        for row in reproduction.itertuples(index=False)
    }
    systems = list(dict.fromkeys(key[:3] for key in cells))
    rows = []
    for table, model, modalities in systems:
        row: list[str | Cell] = [f"{_title(table)}, {system_name(model, modalities)}"]
        for metric in PRINTED:
            found = cells.get((table, model, modalities, metric))
            known = results.of(model, modalities, metric)
            complete = counts_as_complete(results, known)
            row += ["-"] * 4 if found is None else _reproduced(found, complete)
        rows.append(row)
    used = [(model, modalities) for _, model, modalities in systems]
    return Table(
        title="Published and reproduced",
        caption=(
            "The paper's means and deviations over 50 runs, ours, and the difference (ours minus "
            f"the paper's) with the {level_text(1 - alpha)} interval from the numbers of runs on "
            "both sides, every run treated as an independent sample; the rounding of the printed "
            "numbers "
            f"is included. {_within(results)}{_unlike(results)}"
            f"{caption_reservations(results, used)}"
        ),
        heads=["System"] + ["paper", "ours", "difference", "within"] * len(PRINTED),
        groups=[Group(PRINTED[m], PRINTED[m], 4) for m in PRINTED],
        rows=rows,
        notes=notes(results, list(dict.fromkeys(m for _, m in used)), used),
    )


def _title(table: str) -> str:
    return {"table1": "Table 1", "table2": "Table 2", "quoted": "Quoted"}[table]


def _within(results: Results) -> str:
    if results.source == "synthetic":
        return "The column within is empty: a synthetic corpus cannot confirm the paper."
    return "Within: whether the interval contains zero."


def _unlike(results: Results) -> str:
    """Sentence: settings differ, so the paper's numbers cannot be confirmed; see the report."""
    if not results.unlike_paper:
        return ""
    return (
        " Settings differ from the paper's, so that its numbers cannot be confirmed; the report's "
        "summary lists them."
    )


def _reproduced(row: Any, complete: bool) -> list[str | Cell]:
    def spread(mean: float, std: float) -> str:
        return number_cell(mean) + ("" if pd.isna(std) else f" ± {number_cell(std)}")

    published = spread(row.published_mean, row.published_std)
    if not complete:
        runs = f"{number_cell(row.mean)} ({count(row.runs, 'run')})"
        return [published, runs, signed(row.difference), ""]
    within = "" if pd.isna(row.within) else "yes" if row.within in (True, "True") else "no"
    return [
        published,
        spread(row.mean, row.std),
        difference_cell(row.difference, row.low, row.high),
        within,
    ]
