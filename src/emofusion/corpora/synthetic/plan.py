"""What happens in the corpus, drawn from the seed: dialogs, turns, labels, words, cues. No media.

Each modality of an utterance shows a cue. With the probability in `CUE_RELIABILITY`, the cue shows
the emotion of the label; otherwise it is mostly neutral and sometimes shows another emotion. Cues
are drawn independently for each modality: one modality is often wrong, all of them rarely.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from emofusion.corpora.synthetic import words
from emofusion.errors import DataError

SESSIONS = 5
CLASS_SHARES = {
    "ang": 0.15,
    "hap": 0.10,
    "exc": 0.14,
    "sad": 0.15,
    "neu": 0.20,
    "fru": 0.19,
    "sur": 0.07,
}
"""Roughly IEMOCAP's, but with enough surprise that every fold tests some."""

EMOTIONS = tuple(CLASS_SHARES)

RARE_LABELS = {
    1: ("fea", "xxx"),
    2: ("dis", "xxx"),
    3: ("oth", "xxx"),
    4: ("xxx", "fea"),
    5: ("xxx", "xxx"),
}
"""Labels outside the seven classes, by session; their turns come on top of the others."""

LOOKS_LIKE = {"fea": "sad", "dis": "ang", "oth": "neu"}
"""The class whose cues a rare label shows. Cues of xxx (no agreement) are neutral or random."""

CUE_RELIABILITY = {"text": 0.60, "vision": 0.68, "audio": 0.68}

MISLEADING = 0.1
"""Probability that a cue which does not show the label's emotion shows another one, not neutral."""

AFFECT = {
    "ang": (1.9, 3.7, 3.9),
    "hap": (4.0, 3.0, 3.0),
    "exc": (4.1, 3.8, 3.4),
    "sad": (2.1, 2.2, 2.4),
    "neu": (3.0, 2.6, 2.9),
    "fru": (2.2, 3.1, 3.2),
    "sur": (3.1, 3.5, 2.8),
    "fea": (2.2, 3.3, 2.1),
    "dis": (2.0, 2.9, 3.1),
    "oth": (3.0, 3.0, 3.0),
    "xxx": (2.8, 3.0, 3.0),
}
"""Mean valence, activation and dominance, from 1 to 5."""

IMPROVISED = (
    "impro01",
    "impro05a",
    "impro02",
    "impro03",
    "impro04",
    "impro06",
    "impro07",
    "impro08",
)
SCRIPTED = (
    "script01_1b",
    "script01_1",
    "script01_2",
    "script01_3",
    "script02_1",
    "script02_2",
    "script03_1",
    "script03_2",
)


@dataclass(frozen=True)
class Cue:
    """The emotion that a modality shows, and how clearly, from 0 (neutral) to 1."""

    emotion: str
    intensity: float


@dataclass(frozen=True)
class Turn:
    """One utterance and its annotation.

    `votes` are the labels of three annotators, `ratings` two of (valence, activation, dominance),
    `pause` the silence before the turn [s].
    """

    utterance_id: str
    label: str
    text: str
    cues: Mapping[str, Cue]
    votes: tuple[str, ...]
    ratings: tuple[tuple[int, int, int], ...]
    pause: float

    @property
    def speaker(self) -> str:
        """F or M."""
        return self.utterance_id.rsplit("_", 1)[1][0]


@dataclass(frozen=True)
class Dialog:
    """A conversation. `actors` is FM or MF; the first wears the markers and sits on the left."""

    name: str
    actors: str
    turns: tuple[Turn, ...]


def generator(seed: int, *key: object) -> np.random.Generator:
    """A separate random stream for whatever the key names."""
    return np.random.default_rng([seed, *(crc32(str(part).encode()) for part in key)])


def plan_session(session: int, *, seed: int, dialogs: int, turns: int) -> list[Dialog]:
    """Dialogs of one session; `turns` of the seven classes in each, and the session's rare labels.

    Raises:
        DataError: more dialogs than there are names for.
    """
    scenes = _scenes(dialogs)
    labels = [list(row) for row in class_labels(seed, dialogs, turns)[session - 1]]
    rng = generator(seed, "rare labels", session)
    for label in RARE_LABELS[session]:
        row = labels[rng.integers(dialogs)]
        row.insert(rng.integers(len(row) + 1), label)
    return [
        _plan_dialog(f"Ses{session:02d}{marker}_{scene}", row, seed)
        for (marker, scene), row in zip(scenes, labels, strict=True)
    ]


def class_labels(seed: int, dialogs: int, turns: int) -> np.ndarray:
    """Labels of the seven classes in the whole corpus, [session, dialog, turn].

    The counts are `CLASS_SHARES` of the total, rounded so that they add up.
    """
    exact = np.array(list(CLASS_SHARES.values())) * SESSIONS * dialogs * turns
    counts = np.floor(exact).astype(int)
    short = round(exact.sum()) - counts.sum()
    counts[np.argsort(counts - exact, kind="stable")[:short]] += 1
    deck = generator(seed, "labels").permutation(np.repeat(EMOTIONS, counts))
    return deck.reshape(SESSIONS, dialogs, turns)


def _scenes(dialogs: int) -> list[tuple[str, str]]:
    """(marker, scene) of each dialog: improvised and scripted alternate, the markers on F or M."""
    known = []
    for markers in ("FM", "MF"):
        for improvised, scripted in zip(IMPROVISED, SCRIPTED, strict=True):
            known += [(markers[0], improvised), (markers[1], scripted)]
            markers = markers[::-1]
    if dialogs > len(known):
        raise DataError(f"synthetic.dialogs: at most {len(known)} a session, found {dialogs}")
    return known[:dialogs]


def _plan_dialog(name: str, labels: list[str], seed: int) -> Dialog:
    actors = "FM" if name[len("Ses01")] == "F" else "MF"
    rng = generator(seed, "turns", name)
    turns = tuple(
        _plan_turn(rng, f"{name}_{actors[i % 2]}{i // 2:03d}", label, seed)
        for i, label in enumerate(labels)
    )
    return Dialog(name, actors, turns)


def _plan_turn(rng: np.random.Generator, utterance_id: str, label: str, seed: int) -> Turn:
    cues = {modality: _draw_cue(rng, label, p) for modality, p in CUE_RELIABILITY.items()}
    emotion, strong = cues["text"].emotion, cues["text"].intensity > 0.75
    place = utterance_id.split("_", 1)[1]
    if place.startswith("script"):
        # One text for all sessions: the same emotion in the same place has the same line.
        line_rng = generator(seed, "script", place, emotion, strong)
    else:
        line_rng = rng
    return Turn(
        utterance_id=utterance_id,
        label=label,
        text=words.line(line_rng, emotion, strong),
        cues=cues,
        votes=_draw_votes(rng, label),
        ratings=tuple(_draw_ratings(rng, label)),
        pause=round(rng.uniform(0.15, 0.4), 4),
    )


def _draw_cue(rng: np.random.Generator, label: str, reliability: float) -> Cue:
    own = LOOKS_LIKE.get(label, label)
    shown = "neu"
    if own in EMOTIONS and rng.random() < reliability:
        shown = own
    elif rng.random() < MISLEADING:
        shown = str(rng.choice([emotion for emotion in EMOTIONS if emotion not in (own, "neu")]))
    return Cue(shown, float(rng.uniform(0.6, 1.0)))


def _draw_votes(rng: np.random.Generator, label: str) -> tuple[str, ...]:
    """Three annotators: two or three for the label; for xxx, three that differ."""
    if label == "xxx":
        return tuple(str(vote) for vote in rng.choice(EMOTIONS, 3, replace=False))
    third = label if rng.random() < 0.6 else str(rng.choice(EMOTIONS))
    return (label, label, third)


def _draw_ratings(rng: np.random.Generator, label: str) -> Iterator[tuple[int, int, int]]:
    for _ in range(2):
        rating = np.clip(np.rint(rng.normal(AFFECT[label], 0.6)), 1, 5)
        valence, activation, dominance = (int(value) for value in rating)
        yield valence, activation, dominance
