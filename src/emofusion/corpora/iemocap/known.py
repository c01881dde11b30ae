"""Known facts about the full IEMOCAP release, to check a copy against."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.features.framing import number_of_frames

LABELLED = {1: 1819, 2: 1811, 3: 2136, 4: 2103, 5: 2170}
"""Utterances with a consensus label (xxx among them), by session."""

LABEL_COUNTS = {
    "ang": 1103,
    "hap": 595,
    "exc": 1041,
    "sad": 1084,
    "neu": 1708,
    "fru": 1849,
    "sur": 107,
    "fea": 40,
    "dis": 2,
    "oth": 3,
    "xxx": 2507,
}
METHOD_COUNTS = {"scripted": 5255, "improvised": 4784}
GENDERS = {"M": 5239, "F": 4800}

_SCRIPTS = ["01_1", "01_2", "01_3", "02_1", "02_2", "03_1", "03_2"]
_IMPROVISATIONS = ["01", "02", "03", "04", "05", "06", "07", "08"]
_OTHER_IMPROVISATIONS = {
    "Ses01F": _IMPROVISATIONS[:7],
    "Ses01M": _IMPROVISATIONS[:7],
    "Ses03M": ["01", "02", "03", "04", "05a", "05b", "06", "07", "08a", "08b"],
}
DIALOGS = frozenset(
    f"{actor}_{scene}"
    for actor in (f"Ses{session:02d}{marker}" for session in LABELLED for marker in "FM")
    for scene in (
        *(f"script{part}" for part in _SCRIPTS),
        *(f"impro{part}" for part in _OTHER_IMPROVISATIONS.get(actor, _IMPROVISATIONS)),
    )
) | {"Ses05M_script01_1b"}
"""Names of the 151 dialogs."""

# The baselines' code prints these statistics for its features of all labelled utterances.
TOKENS = {"types": 3745, "longest": 128, "mean": 14.82, "deviation": 12.20}
TYPES_MISSING = 423
FRAME_COUNTS = {"mean": 444.0, "deviation": 306.5, "shortest": 56, "longest": 3412}
PUBLISHED_FRAMING = {
    "sample_rate": 16000,
    "frame_seconds": 0.025,
    "step_seconds": 0.010,
    "edges": "whole",
}
"""Framing of the published features, inferred from the lengths that the baselines' code prints."""

NOTES = {"MFCC frames shortest": "known difference: by the label times of the release it is 57"}


def check_counts(utterances: pd.DataFrame) -> None:
    """Check the utterance table against the counts of the full release.

    Raises:
        DataError: the counts differ; names the sessions and dialogs where.
    """
    differences = list(_differences(utterances))
    if differences:
        raise DataError(
            "The corpus is not the full IEMOCAP release:\n  "
            + "\n  ".join(differences)
            + "\nUnpack the release again. If this is meant to be another corpus, or a part of "
            "one, set `expected_counts: null` in the configuration"
        )


def compare_with_known(
    utterances: pd.DataFrame,
    tokens: Sequence[Sequence[str]],
    missing: int | None,
    framing: Mapping[str, Any] = PUBLISHED_FRAMING,
) -> pd.DataFrame:
    """Known counts and statistics of the full release, next to those of a corpus.

    Args:
        utterances: the labelled rows of the utterance table.
        tokens: the words of each.
        missing: types that the word vectors do not know; None if that was not looked up.
        framing: settings of `number_of_frames`, as the audio features have them.

    Returns:
        quantity, expected, found, note (on a difference that is known). Lengths in MFCC frames
        follow from the label times.
    """
    lengths = np.array([len(words) for words in tokens])
    frames = frames_by_time(utterances, framing)
    rows: list[tuple[str, float, Any]] = [("dialogs", len(DIALOGS), utterances["dialog"].nunique())]
    for column, known in _known_counts().items():
        counts = utterances[column].value_counts()
        rows += [(f"{column} {name}", n, int(counts.get(name, 0))) for name, n in known.items()]
    found = {
        "types": len({word for words in tokens for word in words}),
        "longest": lengths.max(),
        "mean": lengths.mean(),
        "deviation": lengths.std(),
    }
    rows += [(f"tokens {name}", value, found[name]) for name, value in TOKENS.items()]
    if missing is not None:
        rows.append(("types without a word vector", TYPES_MISSING, missing))
    found = {
        "mean": frames.mean(),
        "deviation": frames.std(),
        "shortest": frames.min(),
        "longest": frames.max(),
    }
    rows += [(f"MFCC frames {name}", value, found[name]) for name, value in FRAME_COUNTS.items()]
    table = pd.DataFrame(rows, columns=["quantity", "expected", "found"]).round(2)
    return table.assign(note=table["quantity"].map(NOTES).fillna(""))


def frames_by_time(utterances: pd.DataFrame, framing: Mapping[str, Any]) -> np.ndarray:
    """MFCC frames of utterances as their label times give them, [utterance]."""
    rate = framing["sample_rate"]
    seconds = utterances["end"] - utterances["start"]
    return np.array([number_of_frames(round(length * rate), rate, **framing) for length in seconds])


def _known_counts() -> dict[str, Mapping[Any, int]]:
    return {"session": LABELLED, "label": LABEL_COUNTS, "method": METHOD_COUNTS, "gender": GENDERS}


def _differences(utterances: pd.DataFrame) -> Iterator[str]:
    labelled = utterances[utterances["label"] != ""]
    found = set(utterances["dialog"])
    if found != DIALOGS:
        yield f"dialogs: {len(found)} found, {len(DIALOGS)} expected" + _names(
            {"missing": DIALOGS - found, "unknown": found - DIALOGS}
        )
    for session, expected in LABELLED.items():
        own = labelled[labelled["session"] == session]
        if len(own) != expected:
            yield (
                f"Session{session}: {len(own)} labelled utterances found, {expected} expected; "
                f"{_suspects(utterances[utterances['session'] == session])}"
            )
    for column, known in _known_counts().items():
        counts = labelled[column].value_counts()
        unknown = counts.index.difference(list(known))
        for name in [*known, *unknown]:
            expected, count = known.get(name, 0), int(counts.get(name, 0))
            if column != "session" and count != expected:
                yield f"{column} {name}: {count} found, {expected} expected"


def _suspects(session: pd.DataFrame) -> str:
    """Dialogs with numbered turns that lack a label; if there are none, all dialogs with counts."""
    numbered = ~session["utterance_id"].str.contains("X")
    unlabelled = session[numbered & (session["label"] == "")]
    dialogs = unlabelled if len(unlabelled) else session[session["label"] != ""]
    counts = ", ".join(f"{name} {n}" for name, n in dialogs.groupby("dialog").size().items())
    subject = "turns with a transcript but no label" if len(unlabelled) else "labels by dialog"
    return f"{subject}: {counts or 'none'}"


def _names(groups: Mapping[str, Set[str]]) -> str:
    return "".join(
        f"; {kind}: {', '.join(sorted(group))}" for kind, group in groups.items() if group
    )
