"""What each system costs."""

from typing import Any

import pandas as pd

from emofusion.evaluation.metrics import PRINTED
from emofusion.reporting.layout import Group, Row, Table
from emofusion.reporting.tables.results import Results, notes, result_cell
from emofusion.wording import listing, significant, system_name

TABLES = {
    "cost": {
        "title": "Cost",
        "reads": "results cost",
        "says": "shows what each system costs",
        "order": 80,
    }
}

METRIC = "balanced_accuracy"


def cost(results: Results, cost: pd.DataFrame) -> Table:
    """The systems by modality set, the cheapest first, each with its result.

    Args:
        results: the results of all systems.
        cost: one row per system, as in metrics/cost.csv.
    """
    sets = sorted(dict.fromkeys(cost["modalities"]), key=len)
    systems: list[Any] = sorted(
        cost.itertuples(), key=lambda one: (sets.index(one.modalities), one.operations)
    )
    sizes = [len(one.modalities) for one in systems]
    return Table(
        title="Cost",
        caption=(
            "What each system costs. Operations (in millions): multiplications and additions in "
            "the matrix products and convolutions of a forward pass of one utterance. Inference: "
            "processor time of one utterance and peak memory of a batch without weights and "
            f"inputs, on {_each(cost['measured_on'])}. Training: mean of a run, on "
            f"{_each(cost['trained_on'])}. Times depend on the machine and on what else it does."
        ),
        heads=["System", PRINTED[METRIC], "parameters", "operations", "ms", "MB", "s", "epochs"],
        groups=[
            Group("", "", 3),
            Group("Inference", "inference", 2),
            Group("Training", "training", 2),
        ],
        rows=[_row(results, one) for one in systems],
        notes=notes(results, [], [(one.model, one.modalities) for one in systems]),
        breaks=[place for place in range(1, len(sizes)) if sizes[place] > sizes[place - 1]],
    )


def _row(results: Results, system: Any) -> Row:
    return [
        system_name(system.model, system.modalities),
        result_cell(results, results.of(system.model, system.modalities, METRIC)),
        f"{system.parameters:,}",
        significant(system.operations / 1e6),
        significant(system.milliseconds, 2),
        significant(system.megabytes),
        significant(system.train_seconds),
        f"{system.epochs:.1f}",
    ]


def _each(values: pd.Series) -> str:
    return listing(list(dict.fromkeys(values)))
