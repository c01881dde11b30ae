"""Numbers and lists as they stand in a sentence."""

import math
from collections.abc import Sequence


def count(number: int, noun: str) -> str:
    """For example "1 run", "1,250 runs"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listing(values: Sequence[object]) -> str:
    """For example "1, 2 and 3"."""
    texts = [str(value) for value in values]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def signed(value: float) -> str:
    """One decimal with its sign, in LaTeX."""
    return f"${round(value, 1) + 0.0:+.1f}$"  # no -0.0


def above(points: float) -> str:
    """A difference in points, in words."""
    return f"{abs(points):.1f} points {'below' if points < 0 else 'above'}"


def percent(value: float) -> str:
    """A share without decimals; a dash where it is not known."""
    return "-" if math.isnan(value) else f"{100 * value:.0f} %"


def plain(value: object) -> str:
    """A value of the configuration."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
