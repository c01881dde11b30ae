"""Confusion matrices, side by side as in figure 3 of the paper."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emofusion.evaluation.metrics import classes_in, pooled_confusion
from emofusion.reporting.figures.style import FINE, SHADES, SINGLE, styled
from emofusion.runs import RunKey
from emofusion.wording import system_name

FIGURES = {
    "confusion": {"title": "Confusion matrices", "reads": "predictions", "order": 20},
}


def confusion(predictions: Sequence[tuple[RunKey, pd.DataFrame]]) -> Figure:
    """Confusion matrices of the first run that all systems have, and pooled over all runs.

    Args:
        predictions: (key, predictions on the test partition) of each run.
    """
    systems: dict[str, dict[str, pd.DataFrame]] = {}
    for run, table in predictions:
        name = system_name(run["model"], run["modalities"])
        systems.setdefault(name, {})[f"fold {run['fold']}, seed {run['seed']}"] = table
    every = list(systems.values())
    shared = [key for key in every[0] if all(key in tables for tables in every)]
    matrices = {
        first: {name: pooled_confusion([tables[first]]) for name, tables in systems.items()}
        for first in shared[:1]
    }
    matrices["all runs"] = {
        name: pooled_confusion(list(tables.values())) for name, tables in systems.items()
    }
    return draw_confusion(matrices, classes_in(next(iter(every[0].values()))))


@styled
def draw_confusion(
    matrices: Mapping[str, Mapping[str, np.ndarray]], labels: Sequence[str]
) -> Figure:
    """One row of matrices for each choice of runs, in percent of the true class.

    Args:
        matrices: {runs: {system: counts [true class, predicted class]}}.
        labels: the classes.
    """
    columns = len(next(iter(matrices.values())))
    width = SINGLE / 2 * max(columns, 2)
    figure = Figure(figsize=(width, 0.3 + len(matrices) * 1.95))
    axes = figure.subplots(len(matrices), columns, squeeze=False, sharex=True, sharey=True)
    for row, (runs, systems) in zip(axes, matrices.items(), strict=True):
        for axis, (system, counts) in zip(row, systems.items(), strict=True):
            _draw_matrix(axis, counts, labels)
            axis.set_title(f"{system}\n{runs}", fontsize=7)
    figure.supxlabel("predicted class", fontsize=8)
    figure.supylabel("true class (rows in %)", fontsize=8)
    return figure


def _draw_matrix(axis: Axes, counts: np.ndarray, labels: Sequence[str]) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    percent = 100 * np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    axis.imshow(percent, cmap=SHADES, vmin=0, vmax=100)
    places = range(len(labels))
    axis.set_xticks(places, labels, rotation=90)
    axis.set_yticks(places, labels)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(True)
    for (row, column), value in np.ndenumerate(percent):
        colour = "white" if value > 65 else "black"
        text = f"{value:.0f}"
        axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=FINE - 0.5)
