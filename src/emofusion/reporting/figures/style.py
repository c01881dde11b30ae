"""What all figures share: sizes, type, marks that differ in grey, and how they are saved."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from cycler import cycler
from matplotlib import style
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from emofusion.files import replacing
from emofusion.wording import MODEL_NAMES

SINGLE, DOUBLE = 3.4, 7.0
"""Widths of a paper's column and of its page [inch]."""

DARK, MIDDLE, LIGHT = "#08457e", "#3d85c6", "#f0b04f"
"""Colours that differ in lightness, so that grey print keeps them apart."""

SHADES = "Blues"
"""Colour map of shares: the larger, the darker."""

FINE = 6.5
"""Font size [pt] inside a panel; other text has 8 or 7 pt."""

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same glyphs on every machine
    "font.size": 7,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 0.8,
    "lines.markersize": 3.5,
    "hatch.linewidth": 0.5,
    "axes.prop_cycle": cycler(color=["black"]),
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,  # whole characters, which editors and publishers can read
    "svg.fonttype": "path",  # looks alike without the font
    "svg.hashsalt": "emofusion",
}

styled = style.context(["default", STYLE])
"""Decorator: the style holds inside, whatever the user's own matplotlibrc says."""


class Look(NamedTuple):
    """How a system's marks look."""

    marker: str
    color: str
    fill: str

    def marks(self) -> dict[str, Any]:
        """Marks without a line between, for `plot`."""
        return {
            "marker": self.marker,
            "color": self.color,
            "markerfacecolor": self.fill,
            "linestyle": "",
        }


LOOKS = [
    Look("o", "#000000", "#000000"),
    Look("s", "#d55e00", "white"),
    Look("^", "#0072b2", "#0072b2"),
    Look("D", "#009e73", "white"),
    Look("v", "#56b4e9", "#56b4e9"),
    Look("P", "#7f3b08", "white"),
    Look("X", "#777777", "#777777"),
    Look("<", "#cc79a7", "white"),
    Look(">", "#4d4d4d", "#4d4d4d"),
    Look("h", "#999933", "white"),
    Look("*", "#0072b2", "#0072b2"),
    Look("p", "#000000", "white"),
]


def looks(models: Iterable[str]) -> dict[str, Look]:
    """{model: look}; self and cross keep theirs in every figure."""
    known = list(MODEL_NAMES)
    order = sorted(models, key=lambda m: known.index(m) if m in known else len(known))
    return {model: LOOKS[number % len(LOOKS)] for number, model in enumerate(order)}


COLORS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")


def greyed(figure: Figure) -> Figure:
    """The same figure with each colour as the grey of its luminance, for grey print."""
    for artist in figure.findobj():
        for name in COLORS:
            value = getattr(artist, f"get_{name}", lambda: None)()
            if value is not None and not (isinstance(value, str) and value in ("none", "auto")):
                getattr(artist, f"set_{name}")(_grey(to_rgba_array(value)))
        if isinstance(artist, AxesImage):
            artist.set_cmap("Greys")
    return figure


def _grey(colors: np.ndarray) -> np.ndarray:
    """Luminance (Rec. 709) in place of red, green and blue; [n, 4] or, of one colour, [4]."""
    luminance = colors[:, :3] @ [0.2126, 0.7152, 0.0722]
    grey = np.column_stack([luminance] * 3 + [colors[:, 3]])
    return grey[0] if len(grey) == 1 else grey


@styled
def save(figure: Figure, paths: Iterable[str | Path]) -> None:
    """Write a figure to files; format by suffix (.pdf, .svg). Equal figures give equal bytes."""
    dates = {"pdf": "CreationDate", "svg": "Date"}
    for path in map(Path, paths):
        kind = path.suffix.removeprefix(".")
        with replacing(path) as beside:
            figure.savefig(beside, format=kind, metadata={dates[kind]: None})
