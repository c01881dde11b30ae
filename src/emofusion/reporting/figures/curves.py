"""Learning curves, with the checks that were kept and those where training stopped."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emofusion.reporting.figures.style import DARK, DOUBLE, LIGHT, styled
from emofusion.runs import RUN_KEYS, RunKey
from emofusion.wording import system_name

FIGURES = {
    "curves": {"title": "Learning curves", "reads": "runs histories", "order": 50},
}

ACCURACY = {"dev_accuracy": "-"}
LOSSES = {"dev_loss": "-", "train_loss": "--"}
"""{column of the history: style of its line}"""

COLORS = {"dev_accuracy": DARK, "dev_loss": DARK, "train_loss": LIGHT}

BEST: dict[str, Any] = {
    "marker": "o",
    "color": "black",
    "markerfacecolor": "white",
    "markersize": 3,
}
STOP: dict[str, Any] = {"marker": "|", "color": "black", "markersize": 6}
KEY = [
    Line2D([], [], color=COLORS["dev_loss"], label="development, a line per run"),
    Line2D([], [], color=COLORS["train_loss"], linestyle="--", label="training"),
    Line2D([], [], linestyle="", **BEST, label="best check, whose weights are tested"),
    Line2D([], [], linestyle="", **STOP, label="training stopped"),
]


def curves(runs: pd.DataFrame, histories: Sequence[tuple[RunKey, pd.DataFrame]]) -> Figure:
    """Learning curves of some runs; see `draw_curves`.

    Args:
        runs: the metrics of all runs, with their `best_epoch`.
        histories: (key, history) of each run to show.
    """
    best = runs.set_index(RUN_KEYS)["best_epoch"]
    systems: dict[str, list[tuple[pd.DataFrame, float]]] = {}
    for run, history in histories:
        name = system_name(run["model"], run["modalities"])
        key = run["model"], run["modalities"], run["fold"], run["seed"]
        systems.setdefault(name, []).append((history, best[key]))
    return draw_curves(systems)


@styled
def draw_curves(systems: Mapping[str, Sequence[tuple[pd.DataFrame, float]]]) -> Figure:
    """Accuracy above, losses below, a column per system.

    Args:
        systems: {system: (history, best epoch) of each run}; a history is a table with epoch,
            dev_accuracy, dev_loss [nats] and train_loss [nats].
    """
    figure = Figure(figsize=(DOUBLE, 3.6))
    axes = figure.subplots(2, len(systems), squeeze=False, sharex=True, sharey="row")
    for (accuracy, losses), (system, runs) in zip(axes.T, systems.items(), strict=True):
        accuracy.set_title(system)
        losses.set_xlabel("epoch")
        for history, best in runs:
            _draw_run(accuracy, history, best, ACCURACY)
            _draw_run(losses, history, best, LOSSES)
    axes[0, 0].set_ylabel("development accuracy")
    axes[1, 0].set_ylabel("cross-entropy [nats]")
    figure.legend(handles=KEY, loc="outside lower center", ncols=len(KEY))
    return figure


def _draw_run(axis: Axes, history: pd.DataFrame, best: float, lines: Mapping[str, str]) -> None:
    for column, line in lines.items():
        axis.plot(history["epoch"], history[column], line, color=COLORS[column], linewidth=0.5)
    first = next(iter(lines))
    kept = history[history["epoch"] == best]
    end = history.tail(1)
    axis.plot(kept["epoch"], kept[first], linestyle="", markeredgewidth=0.6, zorder=3, **BEST)
    axis.plot(end["epoch"], end[first], linestyle="", markeredgewidth=0.6, **STOP)
