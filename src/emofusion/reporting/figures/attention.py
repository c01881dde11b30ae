"""Where self and cross attend in single utterances."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from emofusion.evaluation.attention import Attended
from emofusion.modalities import MODALITIES
from emofusion.reporting.figures.style import DOUBLE, FINE, MIDDLE, styled

FIGURES = {
    "attention": {"title": "Where the models attend", "needs": "attention", "order": 60},
}

ORDER = {name: number for number, name in enumerate(MODALITIES.values())}
TEXT_WIDTH = 1.4
"""Width of a panel of words; that of a panel of steps is 1."""

MIXED = "learned step, a mix\nof all frames (not time)"
STEPS = {"vision": MIXED, "audio": MIXED}
HATCH: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": "0.35",
    "hatch": "//////",
    "linewidth": 0.5,
}


@styled
def draw_attention(utterances: Sequence[Attended]) -> Figure:
    """One block per utterance; rows are targets, columns are sources, so self is the diagonal.

    Heights are attention divided by uniform attention (1, the dotted line). Text has one bar per
    word, and a hatched bar for the mean over the padding steps; the number above it is the share
    of all padding steps together. Steps of vision and audio are outputs of the convolution over
    time: each mixes all frames, also those of the padding, and is not a point in time.
    """
    found = {name for pair in utterances[0].weights for name in pair}
    names = sorted(found, key=lambda name: (ORDER.get(name, len(ORDER)), name))
    figure = Figure(figsize=(DOUBLE, len(utterances) * (0.8 + 0.65 * len(names))))
    blocks = figure.subfigures(len(utterances), squeeze=False, hspace=0.04)[:, 0]
    for block, utterance in zip(blocks, utterances, strict=True):
        block.suptitle(utterance.utterance, fontsize=8)
        block.supylabel("attention (1 = uniform)", fontsize=8)
        grid = block.subplots(
            len(names),
            len(names),
            squeeze=False,
            sharex="col",
            width_ratios=[TEXT_WIDTH if name == "text" else 1 for name in names],
        )
        for target, row in zip(names, grid, strict=True):
            row[0].set_ylabel(f"by {target}")
            for source, axis in zip(names, row, strict=True):
                _draw_pair(axis, utterance, target, source)
        for source, column in zip(names, grid.T, strict=True):
            column[0].set_title(f"attention to {source}")
            column[-1].set_xlabel("" if source == "text" else STEPS.get(source, "step"))
    return figure


def _draw_pair(axis: Axes, utterance: Attended, target: str, source: str) -> None:
    if (target, source) not in utterance.weights:
        axis.set_yticks([])
        axis.tick_params(bottom=False)
        axis.spines[:].set_visible(False)
        return
    weights = utterance.weights[target, source]
    if source == "text":
        _draw_words(axis, weights, utterance.words[: len(weights)])
    else:
        _draw_steps(axis, weights)
    axis.axhline(1, color="black", linestyle=":", linewidth=0.7)
    axis.margins(y=0.3)
    axis.set_ylim(bottom=0)
    axis.yaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10]))
    part = "self" if target == source else "cross"
    axis.set_title(part, loc="right", fontsize=FINE, pad=1)


def _draw_words(axis: Axes, weights: np.ndarray, words: Sequence[str]) -> None:
    heights, spoken = len(weights) * weights, len(words)
    axis.bar(range(spoken), heights[:spoken], color=MIDDLE, width=0.8)
    ticks: list[float] = list(range(spoken))
    labels = list(words)
    padding = heights[spoken:]
    if len(padding):
        place = spoken + 0.4
        axis.bar(place, padding.mean(), width=0.8, **HATCH)
        share = f"{100 * weights[spoken:].sum():.0f} %"
        top = place, max(padding.mean(), 1)
        axis.annotate(share, top, (0, 2), textcoords="offset points", ha="center", fontsize=FINE)
        ticks.append(place)
        labels.append(f"padding\n({len(padding)})")
    size = min(7, 150 / len(labels))
    axis.set_xticks(ticks, labels, rotation=90, fontsize=size, parse_math=False)
    axis.tick_params(axis="x", length=0)


def _draw_steps(axis: Axes, weights: np.ndarray) -> None:
    steps = len(weights)
    axis.stairs(steps * weights, np.arange(steps + 1) + 0.5, fill=True, color=MIDDLE)
    axis.set(xlim=(0.5, steps + 0.5), xticks=[1, steps])
