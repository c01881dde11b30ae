"""Modalities, their letters in paths, and sets of them.

The paper's three come first, in its order; a configuration may add further ones.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations

MODALITIES = {"t": "text", "v": "vision", "a": "audio"}
"""{letter: name} of the paper's modalities, in its order."""


def sets_of(letters: Iterable[str], least: int = 1) -> tuple[str, ...]:
    """Every set of at least `least` of the modalities: "tva" gives t v a tv ta va tva."""
    given = list(letters)
    return tuple(
        "".join(chosen)
        for size in range(least, len(given) + 1)
        for chosen in combinations(given, size)
    )


MODALITY_SETS = sets_of(MODALITIES)


def ordered(letters: Iterable[str]) -> str:
    """Letters in their order: the paper's first, further ones behind, by the alphabet."""
    known = list(MODALITIES)
    return "".join(
        sorted(letters, key=lambda one: (known.index(one) if one in known else len(known), one))
    )


def is_set(word: str) -> bool:
    """Whether a word is a set of modalities: lower-case letters in order, each once."""
    letters = word.isascii() and word.isalpha() and word.islower()
    return letters and len(set(word)) == len(word) and ordered(word) == word


def names_of(modalities: str, further: Mapping[str, str] | None = None) -> list[str]:
    """Names of the modalities of a set: "ta" gives ["text", "audio"].

    Args:
        modalities: letters.
        further: {letter: name} of modalities other than the paper's.
    """
    known = MODALITIES | dict(further or {})
    return [known[letter] for letter in modalities]
