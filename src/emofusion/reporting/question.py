"""What the results are about: the question, and the comparison that answers it."""

from collections.abc import Iterable, Mapping
from typing import Any

from emofusion.modalities import MODALITIES
from emofusion.wording import listing, model_name

PAPER_QUESTION = (
    "Is cross-attention preferable to self-attention for multi-modal emotion recognition?"
)
PAPER_PAIR = ("self", "cross")
NAMED_MODELS = 3


def main_pair(verdicts: Iterable[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The two models that the results are about: self and cross, if they were compared.

    Without them it is the first pair of the table, whose rows are in the order of importance
    (`evaluation.comparison.FAMILIES`). None: nothing was compared.

    Args:
        verdicts: rows of statistics/verdicts.csv.
    """
    pairs = [(row["model_a"], row["model_b"]) for row in verdicts]
    return PAPER_PAIR if PAPER_PAIR in pairs else next(iter(pairs), None)


def question(systems: Iterable[tuple[str, str]]) -> str:
    """The headline of the results: the paper's question only where its two models were compared.

    Args:
        systems: (model, modalities) of all systems.
    """
    there = list(systems)
    sets = [{modalities for model, modalities in there if model == name} for name in PAPER_PAIR]
    if set.intersection(*sets):
        return PAPER_QUESTION
    models = list(dict.fromkeys(model for model, _ in there))
    widest = max((modalities for _, modalities in there), key=len, default="")
    names = [model_name(model) for model in models[:NAMED_MODELS]]
    if len(models) > NAMED_MODELS:
        names[-1] = f"{len(models) - NAMED_MODELS + 1} more models"
    heard = listing([MODALITIES.get(letter, letter.upper()) for letter in widest])
    return f"Emotion recognition from {heard}: {listing(names)}"
