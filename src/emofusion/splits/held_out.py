"""Splits that hold out a session or a speaker, so that test speakers are new."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.splits import UNUSED
from emofusion.splits.parts import stratified_part

SPLITS = {
    "session": {
        "folds": "sessions",
        "development": "session random partner",
        "says": "one session is tested, whose speakers are new",
    },
    "speaker": {
        "folds": "speakers",
        "development": "session random",
        "says": "one speaker is the test set and does not occur in training; the turns of the "
        "dialog partner are not used",
    },
}

DEVELOPMENT_PARTS = 10  # 1/10 of the training utterances: random development partition


def session(pool: pd.DataFrame, fold: int, *, development: str, seed: int, **_: Any) -> np.ndarray:
    """Leave one session out: see `session_split`."""
    return session_split(pool, fold, development=development, seed=seed)


def speaker(pool: pd.DataFrame, fold: int, *, development: str, seed: int, **_: Any) -> np.ndarray:
    """Leave one speaker out: see `speaker_split`."""
    return speaker_split(pool, fold, development=development, seed=seed)


def session_split(table: pd.DataFrame, fold: int, *, development: str, seed: int) -> np.ndarray:
    """Leave one session out: its two speakers never occur in training.

    Args:
        table: columns session, speaker and label of the utterances.
        fold: number of a session; with development "partner", number of a speaker (sorted).
        development: "session": the next session, 3 : 1 : 1. "random": a tenth of the utterances
            of the training sessions, stratified by class; its speakers occur in training.
            "partner": the other
            speaker of the test session, whose videos and recordings also contain the test speaker.
        seed: seed of "random".

    Returns:
        The partition of each utterance, [n] of train, dev, test.
    """
    sessions, speakers = (sorted(table[column].unique()) for column in ("session", "speaker"))
    session, speaker = table["session"].to_numpy(), table["speaker"].to_numpy()
    if development == "partner":
        tested = speakers[_checked(fold, len(speakers), "speakers") - 1]
        own = session == session[speaker == tested][0]
        return np.select([speaker == tested, own], ["test", "dev"], "train").astype("<U6")
    number = _checked(fold, len(sessions), "sessions") - 1
    partition = np.where(session == sessions[number], "test", "train").astype("<U6")
    return _with_development(partition, table, sessions, number, development, seed)


def speaker_split(table: pd.DataFrame, fold: int, *, development: str, seed: int) -> np.ndarray:
    """Leave one speaker out; the turns of the partner in the same dialogs are unused.

    Args:
        table: columns session, speaker and label of the utterances.
        fold: number of a speaker, in sorted order.
        development: "session" or "random", as in `session_split`.
        seed: seed of "random".

    Returns:
        The partition of each utterance, [n] of train, dev, test, unused.
    """
    sessions, speakers = (sorted(table[column].unique()) for column in ("session", "speaker"))
    session, speaker = table["session"].to_numpy(), table["speaker"].to_numpy()
    tested = speaker == speakers[_checked(fold, len(speakers), "speakers") - 1]
    number = sessions.index(session[tested][0])
    own = session == sessions[number]
    partition = np.select([tested, own], ["test", UNUSED], "train").astype("<U6")
    return _with_development(partition, table, sessions, number, development, seed)


def _checked(fold: int, available: int, unit: str) -> int:
    if fold > available:
        raise DataError(
            f"Fold {fold} is asked for, but the corpus has {available} {unit}; "
            "see `folds` and `splits` in the configuration"
        )
    return fold


def _with_development(
    partition: np.ndarray,
    table: pd.DataFrame,
    sessions: Sequence[int],
    number: int,
    development: str,
    seed: int,
) -> np.ndarray:
    """Take the development utterances out of the training sessions."""
    if development == "session":
        following = sessions[(number + 1) % len(sessions)]
        partition[(table["session"] == following).to_numpy()] = "dev"
    else:
        training = np.flatnonzero(partition == "train")
        labels = table["label"].to_numpy()
        partition[stratified_part(labels, training, DEVELOPMENT_PARTS, seed)] = "dev"
    return partition
