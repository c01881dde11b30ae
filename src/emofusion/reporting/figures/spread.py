"""How the printed metrics are distributed over folds and seeds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emofusion.evaluation.metrics import PRINTED
from emofusion.reporting.figures.style import DOUBLE, looks, styled
from emofusion.wording import metric_name, system_name

FIGURES = {
    "spread": {
        "title": "Spread over folds and seeds",
        "reads": "runs",
        "uses": "systems",
        "order": 40,
    }
}

LINES = ["-", "--", ":", "-."]
"""Line styles of the systems' means over all runs."""


@styled
def spread(runs: pd.DataFrame, systems: Sequence[tuple[str, str]]) -> Figure:
    """One mark per run, seeds from left to right; a short line is the mean of a fold.

    Args:
        runs: model, modalities, fold, seed and the printed metrics of each run.
        systems: (model, modalities) of those to show, in their order.
    """
    figure = Figure(figsize=(DOUBLE, 2.5))
    axes = figure.subplots(1, len(PRINTED))
    known = looks(model for model, _ in systems)
    folds = list(dict.fromkeys(runs["fold"]))
    width = 0.8 / len(systems)
    key = []
    for number, system in enumerate(systems):
        own = runs[(runs["model"] == system[0]) & (runs["modalities"] == system[1])]
        look = known[system[0]].marks()
        line = {"color": look["color"], "linestyle": LINES[number % len(LINES)]}
        centre = (number - (len(systems) - 1) / 2) * width
        for axis, metric in zip(axes, PRINTED, strict=True):
            axis.axhline(own[metric].mean(), linewidth=0.7, **line)
            for place, fold in enumerate(folds):
                values = own[own["fold"] == fold].sort_values("seed")[metric]
                _draw_fold(axis, values.to_numpy(), place + centre, 0.8 * width, look)
        key.append(Line2D([], [], **look | line, label=f"{system_name(*system)}: run; mean (line)"))
    for axis, (metric, printed) in zip(axes, PRINTED.items(), strict=True):
        axis.set_ylabel(f"{printed} ({metric_name(metric)})")
        axis.set_xticks(range(len(folds)), [f"fold {fold}" for fold in folds])
        axis.tick_params(axis="x", length=0)
        axis.set_xlim(-0.5, len(folds) - 0.5)
    figure.legend(handles=key, loc="outside upper center", ncols=min(len(key), 3))
    return figure


def _draw_fold(axis: Axes, values: np.ndarray, place: float, width: float, look: dict) -> None:
    if len(values) == 0:
        return
    offsets = (np.arange(len(values)) + 0.5) / len(values) - 0.5
    axis.plot(place + width * offsets, values, **look, markersize=2.8, markeredgewidth=0.6)
    ends = place - width / 2, place + width / 2
    axis.hlines(values.mean(), *ends, color=look["color"], linewidth=1.6)
