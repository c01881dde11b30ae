"""The paper's figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("pdf")

from matplotlib import pyplot as plt


def draw_confusion(matrices: Mapping[str, np.ndarray], labels: Sequence[str], path: Path) -> None:
    """Confusion matrices side by side, as in figure 3 of the paper, to a PDF with embedded fonts.

    Args:
        matrices: {title: counts [true class, predicted class]}; shown by row in percent of the true
            class.
        labels: the classes.
        path: the PDF.
    """
    style = {"pdf.fonttype": 42, "font.size": 8}
    with mpl.rc_context(style):
        figure, axes = plt.subplots(
            1,
            len(matrices),
            figsize=(3.2 * len(matrices), 3.1),
            squeeze=False,
            layout="constrained",
        )
        for axis, (title, counts) in zip(axes[0], matrices.items(), strict=True):
            _draw_matrix(axis, title, counts, labels)
        # Without a date, so that the same runs give the same file.
        figure.savefig(path, format="pdf", metadata={"CreationDate": None})
        plt.close(figure)


def _draw_matrix(axis: plt.Axes, title: str, counts: np.ndarray, labels: Sequence[str]) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    percent = 100 * np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    axis.imshow(percent, cmap="Greys", vmin=0, vmax=100)
    axis.set(
        title=title,
        xlabel="predicted",
        ylabel="true",
        xticks=range(len(labels)),
        yticks=range(len(labels)),
        xticklabels=labels,
        yticklabels=labels,
    )
    for (row, column), value in np.ndenumerate(percent):
        colour = "white" if value > 50 else "black"
        axis.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour)
