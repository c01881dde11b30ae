"""Accuracy against cost."""

from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator
from matplotlib.transforms import Bbox

from emofusion.evaluation.metrics import PRINTED
from emofusion.reporting.figures.style import DOUBLE, FINE, looks, styled
from emofusion.wording import metric_name, modality_name, model_name

FIGURES = {
    "pareto": {"title": "Accuracy against cost", "reads": "runs cost", "order": 45},
}

METRIC = "balanced_accuracy"
LINE = "0.6"
DISTANCES = (5, 9, 14, 20, 27, 35)
"""Distances of a label from its mark [pt], the best first."""
SIDES = [(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1)]
"""Where a label may be, seen from its mark, the best first."""
LEADER = {"arrowstyle": "-", "color": LINE, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 3}
ALIGNED = {1: ("left", "bottom"), 0: ("center", "center"), -1: ("right", "top")}


@styled
def pareto(runs: pd.DataFrame, cost: pd.DataFrame) -> Figure:
    """One mark per system: mean balanced accuracy, with its deviation, against operations.

    Args:
        runs: model, modalities and balanced_accuracy of each run.
        cost: one row per system, as in metrics/cost.csv.
    """
    scores = runs.groupby(["model", "modalities"])[METRIC].agg(["mean", "std"])
    systems = cost.join(scores, on=["model", "modalities"], how="inner")
    systems = systems.assign(operations=systems["operations"] / 1e6)
    figure = Figure(figsize=(DOUBLE, 3.6))
    axis = figure.subplots()
    axis.set(xscale="log", xlabel="operations per utterance [million]")
    axis.set_ylabel(f"{PRINTED[METRIC]} ({metric_name(METRIC)})")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
    axis.margins(x=0.08)  # room for labels
    front = systems[on_front(systems["operations"], systems["mean"])].sort_values("operations")
    axis.step(front["operations"], front["mean"], where="post", color=LINE, zorder=1)
    known = looks(dict.fromkeys(systems["model"]))
    for row in systems.itertuples():
        ends = row.mean + np.nan_to_num(row.std) * np.array([-1, 1])
        axis.vlines(row.operations, *ends, color="0.85", linewidth=1, zorder=0)
        axis.plot(row.operations, row.mean, **known[row.model].marks(), markersize=4.5, zorder=2)
    key = [Line2D([], [], **look.marks(), label=model_name(m)) for m, look in known.items()]
    key.append(Line2D([], [], color=LINE, label="Pareto front"))
    figure.legend(handles=key, loc="outside upper center", ncols=6)
    figure.draw_without_rendering()  # settles the layout
    _label(axis, systems)
    return figure


def on_front(cost: pd.Series, score: pd.Series) -> list[bool]:
    """Whether no other one is as cheap and as good, and better in one of the two."""
    pairs = list(zip(cost, score, strict=True))
    return [not any(a <= c and s >= t and (a, s) != (c, t) for a, s in pairs) for c, t in pairs]


def _label(axis: Axes, systems: pd.DataFrame) -> None:
    """Name the modalities at each mark, where the text covers no mark and no other text."""
    points = systems[["operations", "mean"]].to_numpy()
    radius = 3 * axis.figure.dpi / 72
    taken = [
        Bbox.from_extents(*(place - radius), *(place + radius))
        for place in axis.transData.transform(points)
    ]
    for point, modalities in zip(points, systems["modalities"], strict=True):
        text = axis.annotate(
            modality_name(modalities), point, (0, 0), textcoords="offset points", fontsize=FINE,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
        )  # fmt: skip
        for distance, side in product(DISTANCES, SIDES):
            text.set_position(distance * np.array(side) / np.hypot(*side))
            text.set(ha=ALIGNED[side[0]][0], va=ALIGNED[side[1]][1])
            box = text.get_window_extent()
            inside = all(axis.bbox.contains(*corner) for corner in (box.min, box.max))
            if inside and not box.count_overlaps(taken):
                break
        taken.append(box)
        if distance > DISTANCES[0]:
            place = text.get_position()
            axis.annotate("", point, place, textcoords="offset points", arrowprops=LEADER)
