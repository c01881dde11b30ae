"""Word vectors for the corpus, in the format of the GloVe releases."""

from pathlib import Path

import numpy as np

from emofusion.corpora.synthetic import words
from emofusion.corpora.synthetic.plan import EMOTIONS, generator
from emofusion.files import replacing

SCALE = 0.4
"""Standard deviation of a component, about that of GloVe 840B."""

SHARED = 0.6
"""Share of a vector's length that words of one emotion have in common."""


def make_glove(path: Path, *, seed: int, width: int = 300) -> None:
    """Write a vector for the words of the corpus and some others; a few used words are left out.

    Words that express one emotion have a common direction, as related words do in GloVe.
    """
    directions = {
        emotion: generator(seed, "direction", emotion).normal(size=width) for emotion in EMOTIONS
    }
    with replacing(path) as beside, beside.open("w", encoding="utf-8") as file:
        for word, emotion in sorted(vocabulary().items()):
            vector = generator(seed, "vector", word).normal(size=width)
            if emotion:
                vector = SHARED * directions[emotion] + np.sqrt(1 - SHARED**2) * vector
            file.write(" ".join([word, *(f"{value:.5f}" for value in SCALE * vector)]) + "\n")


def vocabulary() -> dict[str, str | None]:
    """Every word with a vector, and the emotion that it expresses if it expresses only one."""
    plain = _tokens(
        *(template.format_map(_NoWords()) for template in words.WEAK + words.STRONG),
        *(filler for fillers in words.FILLERS.values() for filler in fillers),
        *words.ASIDES,
        *words.FURTHER_IN_GLOVE,
    )
    telling: dict[str, set[str]] = {}
    for emotion, kinds in words.EMOTION_WORDS.items():
        for token in _tokens(*(word for kind in kinds.values() for word in kind)):
            telling.setdefault(token, set()).add(emotion)
    emotions = {
        token: min(found) if len(found) == 1 and token not in plain else None
        for token, found in telling.items()
    }
    known = (plain | emotions.keys()) - words.NOT_IN_GLOVE
    return {token: emotions.get(token) for token in known}


class _NoWords(dict):
    def __missing__(self, slot: str) -> str:
        return ""


def _tokens(*texts: str) -> set[str]:
    from nltk.tokenize import NLTKWordTokenizer  # a second to import, and no session needs it

    tokenize = NLTKWordTokenizer().tokenize
    return {token for text in texts for token in tokenize(text.lower())}
