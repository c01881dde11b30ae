"""How numbers, models, modalities and lists are printed, everywhere."""

import math
from collections.abc import Sequence

MODEL_NAMES = {
    "self": "Self",
    "cross": "Cross",
    "self_nosp": "Self-noSP",
    "cross_nosp": "Cross-noSP",
    "self_cross": "Cross+Self",
    "mean": "Mean (no attention)",
    "cross_matched": "Cross (shared weights)",
    "mdre": "MDRE",
    "mha": "MHA",
    "amh": "AMH",
    "mcsan": "MCSAN",
}

REIMPLEMENTED = {"mha": "tv ta va", "mdre": "tv va tva", "mcsan": "ta"}
"""{model: modality sets} without public code of the authors, written from descriptions."""

REIMPLEMENTED_NOTE = "re-implemented from the description"

PAPER_RUNS = 50
"""Runs per system in the paper: 5 folds, 10 seeds each."""

PAPER_NAMES = {"balanced_accuracy": "Weighted Accuracy", "accuracy": "Unweighted Accuracy"}
"""{metric: what the paper calls it}; most of the field uses the two names the other way round."""


def modality_name(modalities: str) -> str:
    """As the paper prints it: "tva" is T+V+A."""
    return "+".join(modalities.upper())


def model_name(model: str) -> str:
    """A model as the paper prints it; other models by their own names."""
    return MODEL_NAMES.get(model, model)


def system_name(model: str, modalities: str) -> str:
    """For example "Cross T+V+A"."""
    return f"{model_name(model)} {modality_name(modalities)}"


def is_reimplemented(model: str, modalities: str) -> bool:
    """Whether a system was written from a description, without public code."""
    return modalities in REIMPLEMENTED.get(model, "").split()


def metric_name(metric: str) -> str:
    """For example "balanced accuracy"."""
    return metric.replace("_", " ")


def decimals(value: float, places: int = 3) -> str:
    """Three decimals without the leading zero, as the paper prints numbers; no negative zero."""
    text = f"{value:.{places}f}"
    if not float(text):
        text = text.removeprefix("-")
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def probability(p: float) -> str:
    """A p value with its sign (= or <), for example "= .031".

    More decimals are printed where three would hide on which side of .05 it is: .0496.
    """
    if p < 0.001:
        return "< .001"
    places = 3
    while p != 0.05 and float(f"{p:.{places}f}") == 0.05:
        places += 1
    return f"= {decimals(p, places)}"


def probability_cell(p: float) -> str:
    """A probability without its "=", empty if missing."""
    return "" if math.isnan(p) else probability(p).removeprefix("= ")


def number_cell(value: float) -> str:
    """A number as the paper prints it; empty if missing."""
    return "" if math.isnan(value) else decimals(value)


def significant(value: float, digits: int = 3) -> str:
    """Rounded to significant digits, for example 4.30, 955 or 1,230; empty if missing."""
    if math.isnan(value):
        return ""
    rounded = float(f"{value:.{digits - 1}e}")
    places = digits - 1 - (math.floor(math.log10(abs(rounded))) if rounded else 0)
    return f"{rounded:,.{max(places, 0)}f}"


def signed(value: float) -> str:
    """A difference to three decimals with its sign, empty if missing."""
    if math.isnan(value):
        return ""
    sign = "−" if round(value, 3) < 0 else "+" if round(value, 3) > 0 else ""
    return sign + decimals(abs(value))


def signed_plain(value: float) -> str:
    """The same in ASCII, for the terminal; a dash if missing."""
    if math.isnan(value):
        return "-"
    text = decimals(value)
    return text if text.startswith("-") or not float(text) else f"+{text}"


def count(number: int, noun: str) -> str:
    """For example "1 run", "1,250 runs"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listing(values: Sequence[object]) -> str:
    """For example "1, 2 and 3"."""
    texts = [str(value) for value in values]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def signed_latex(value: float) -> str:
    """One decimal with its sign, in LaTeX."""
    return f"${round(value, 1) + 0.0:+.1f}$"  # no -0.0


def above(points: float) -> str:
    """A difference in points, in words."""
    return f"{abs(points):.1f} points {'below' if points < 0 else 'above'}"


def percent(value: float) -> str:
    """A share without decimals; a dash where it is not known."""
    return "-" if math.isnan(value) else f"{100 * value:.0f} %"


def setting_text(value: object) -> str:
    """A value of the configuration."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
