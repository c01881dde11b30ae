"""Recall of each class by system."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from emofusion.reporting.figures.style import DOUBLE, looks, styled
from emofusion.wording import modality_name, model_name

FIGURES = {
    "classes": {
        "title": "Recall by class",
        "reads": "runs splits",
        "uses": "widest_systems labels",
        "order": 30,
    }
}

CHARACTERS = 100
"""Of the names of all classes, as long as the longest, that fit under the axis."""


def classes(
    runs: pd.DataFrame,
    splits: Sequence[pd.DataFrame],
    widest_systems: Sequence[tuple[str, str]],
    labels: Sequence[str],
) -> Figure:
    """Recall of each class by the systems on the widest modality set; see `draw_classes`.

    Args:
        runs: the metrics of all runs.
        splits: the tables of the folds.
        widest_systems: (model, modalities) of those to show; all on one set.
        labels: the classes; those that no run has are left out.
    """
    every = pd.concat(splits)
    counts = every.loc[every["partition"] == "test", "label"].value_counts()
    found = [label for label in labels if f"recall_{label}" in runs]
    models = [model for model, _ in widest_systems]
    return draw_classes(runs, models, widest_systems[0][1], found, counts)


@styled
def draw_classes(
    runs: pd.DataFrame,
    models: Sequence[str],
    modalities: str,
    labels: Sequence[str],
    counts: Mapping[str, int],
) -> Figure:
    """The mean over runs, with a line from the lowest to the highest mean of a fold.

    Args:
        runs: model, modalities, fold and recall_<class> of each run.
        models: those to show, in their order.
        modalities: on which set.
        labels: the classes, in their order.
        counts: {class: test utterances of all folds}.
    """
    figure = Figure(figsize=(DOUBLE, 2.6))
    axis = figure.subplots()
    recalls = [f"recall_{label}" for label in labels]
    known = looks(models)
    for model, shift in zip(models, _shifts(len(models)), strict=True):
        look = known[model]
        own = runs[(runs["model"] == model) & (runs["modalities"] == modalities)]
        folds = own.groupby("fold")[recalls].mean()
        places = np.arange(len(labels)) + shift
        axis.vlines(places, folds.min(), folds.max(), color=look.color, linewidth=0.8)
        axis.plot(places, own[recalls].mean(), **look.marks(), label=model_name(model))
    names = [f"{label}\nn = {counts.get(label, 0)}" for label in labels]
    axis.set_xticks(range(len(labels)), names)
    if max(map(len, labels)) * len(labels) > CHARACTERS:
        axis.set_xticks(range(len(labels)), names, rotation=30, ha="right")
    axis.tick_params(axis="x", length=0, labelsize=8)
    for boundary in np.arange(len(labels) - 1) + 0.5:
        axis.axvline(boundary, color="0.85", linewidth=0.6)
    axis.set(xlim=(-0.5, len(labels) - 0.5), ylim=(0, 1))
    axis.set_ylabel(f"recall on {modality_name(modalities)}\n(line: range of the fold means)")
    axis.grid(axis="y", color="0.9", linewidth=0.5)
    axis.set_axisbelow(True)
    figure.legend(loc="outside upper center", ncols=min(len(models), 5))
    return figure


def _shifts(number: int) -> np.ndarray:
    """Places of the systems around that of their class."""
    return (np.arange(number) - (number - 1) / 2) * min(0.2, 0.8 / number)
