"""Forest plot of the differences between models."""

import textwrap
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.verdicts import TOO_FEW, verdict_text
from emofusion.reporting.figures.style import DARK, DOUBLE, LIGHT, MIDDLE, styled
from emofusion.wording import modality_name, model_name

FIGURES = {
    "forest": {
        "title": "Differences with intervals",
        "reads": "verdicts comparisons",
        "needs": "self_and_cross",
        "order": 10,
    }
}

BLOCKS = {
    "table1": "Self − Cross (right of zero: Self is better)",
    "table2": "Comparisons of Table 2 (right of zero: the first is better)",
    "controls": "Controls (right of zero: the first is better)",
}
"""{family of comparisons: title}, from top to bottom."""


class Mark(NamedTuple):
    """How the interval of a test looks, and how far below a row's middle it is."""

    label: str
    marker: str
    line: str
    color: str
    width: float
    below: float


MARKS = {
    "primary": Mark("primary test", "s", "-", DARK, 1.6, -0.24),
    "corrected_resampled": Mark("Nadeau-Bengio", "o", "-", MIDDLE, 0.8, -0.02),
    "bootstrap_dialogs": Mark("bootstrap of dialogs", "^", "--", LIGHT, 0.8, 0.16),
    "bootstrap_speakers": Mark("bootstrap of speakers", "v", ":", LIGHT, 0.8, 0.34),
}
REGION = "0.9"
PAIR = ["modalities", "model_a", "model_b"]
ROW, LINE = 0.36, 0.13
"""Least height of a comparison, and height of a line of its verdict [inch]."""


@styled
def forest(verdicts: pd.DataFrame, comparisons: pd.DataFrame) -> Figure:
    """Differences in points (100 x) with their intervals, a column per printed metric.

    An interval that would leave the panel ends in an arrow at its edge. The grey band is the region
    of equivalence.

    Args:
        verdicts: one row per comparison and metric, as in `statistics/verdicts.csv`.
        comparisons: with the intervals, as in `statistics/comparisons.csv`.
    """
    blocks = {family: verdicts[verdicts["family"] == family] for family in BLOCKS}
    blocks = {family: rows for family, rows in blocks.items() if len(rows)}
    heights = [len(rows[PAIR].drop_duplicates()) for rows in blocks.values()]
    limit = _limit(pd.concat(blocks.values()), comparisons[comparisons["family"].isin(blocks)])
    every = pd.concat(blocks.values()).to_dict("records")
    lines = max(_verdict(row).count("\n") + 1 for row in every)
    row_height = max(ROW, LINE * lines)
    figure = Figure(figsize=(DOUBLE, row_height * sum(heights) + 0.3 * len(blocks) + 0.7))
    grid = figure.subplots(
        len(blocks), len(PRINTED), squeeze=False, sharex=True, sharey="row", height_ratios=heights
    )
    for row, (family, rows) in zip(grid, blocks.items(), strict=True):
        row[0].set_title(BLOCKS[family], loc="left")
        for axis, metric in zip(row, PRINTED, strict=True):
            own = comparisons.query("family == @family and metric == @metric")
            _draw_block(axis, rows[rows["metric"] == metric], own, limit)
    for axis, metric in zip(grid[-1], PRINTED, strict=True):
        axis.set_xlabel(f"difference of {PRINTED[metric]} [points]")
    key = [_key(mark) for mark in MARKS.values()]
    region = Patch(color=REGION, label="region of equivalence")
    figure.legend(handles=[*key, region], loc="outside lower center", ncols=3)
    return figure


def _limit(verdicts: pd.DataFrame, comparisons: pd.DataFrame) -> float:
    """End of the axes [points]: shows intervals up to 5 times the largest difference or margin."""
    matters = verdicts[["difference", "margin"]].abs().max(axis=None)
    drawn = comparisons[comparisons["test"].isin([*MARKS, *verdicts["primary"]])]
    widest = drawn[["low", "high"]].abs().max(axis=None)
    return 110 * max(matters, min(np.nan_to_num(widest), 5 * matters))


def _draw_block(
    axis: Axes, verdicts: pd.DataFrame, comparisons: pd.DataFrame, limit: float
) -> None:
    """One family and metric, a row per comparison."""
    margin = 100 * verdicts["margin"].max()
    axis.axvspan(-margin, margin, color=REGION, linewidth=0)
    axis.axvline(0, color="black", linewidth=0.6)
    for place, verdict in enumerate(verdicts.itertuples()):
        same = (comparisons[PAIR] == [getattr(verdict, name) for name in PAIR]).all(axis=1)
        tests = comparisons[same].set_index("test")
        for name, mark in MARKS.items():
            test = verdict.primary if name == "primary" else name
            if test in tests.index:
                _draw_interval(axis, tests.loc[test], place, mark, limit)
        text = _verdict(verdict._asdict())
        axis.text(1.03, place, text, transform=axis.get_yaxis_transform(), va="center")
    several = len(set(verdicts["modalities"])) > 1
    names = [_row_name(row, several) for row in verdicts.itertuples()]
    axis.set_yticks(range(len(verdicts)), names)
    axis.set(xlim=(-limit, limit), ylim=(len(verdicts) - 0.5, -0.5))
    axis.tick_params(axis="y", length=0, pad=6)
    for boundary in range(1, len(verdicts)):
        axis.axhline(boundary - 0.5, color="0.85", linewidth=0.4)


def _key(mark: Mark) -> Line2D:
    line = {"linestyle": mark.line, **_look(mark)}
    return Line2D([], [], marker=mark.marker, label=mark.label, **line)


def _look(mark: Mark) -> dict[str, Any]:
    return {"color": mark.color, "linewidth": mark.width, "markersize": 3.2}


def _draw_interval(axis: Axes, test: pd.Series, place: float, mark: Mark, limit: float) -> None:
    middle, low, high = 100 * test[["difference", "low", "high"]].astype(float)
    height = place + mark.below
    look = _look(mark)
    ends = np.clip([low, high], -limit, limit)
    axis.plot(ends, [height, height], mark.line, **look)
    axis.plot(middle, height, mark.marker, **look)
    for end, bound, arrow in ((low, -limit, "<"), (high, limit, ">")):
        if abs(end) > limit:
            axis.plot(bound, height, arrow, clip_on=False, **look)


def _verdict(row: Mapping[str, Any]) -> str:
    """A verdict, wrapped. Reasons in `TOO_FEW` are omitted: the tables give them."""
    few = row["reason"] in TOO_FEW
    return "undecided" if few else textwrap.fill(verdict_text(row), 17)


def _row_name(verdict: Any, several: bool) -> str:
    """Rows of a family with one pair are named by modalities, others by their models too."""
    modalities = modality_name(verdict.modalities)
    if verdict.family == "table1":
        return modalities
    pair = f"{model_name(verdict.model_a)} −\n{model_name(verdict.model_b)}"
    return f"{pair} {modalities}" if several else pair
