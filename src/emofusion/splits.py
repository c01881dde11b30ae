"""From the utterance table to folds of training, development and test utterances.

Schemes: `published` replays the folds of the paper, `random` is stratified by class; both divide
the utterances of a speaker. `session` tests on a session and `speaker` on a speaker that training
has never met.
"""

import logging
import random
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from emofusion.characters import plain
from emofusion.corpora.labels import classes_of
from emofusion.errors import DataError

# The seeds in the public code of the baselines, whose folds the paper uses: docs/reproduce.md.
FOLD_SEED, PARTITION_SEED = 337, 3372
PUBLISHED_COUNTS = (5531, 7487)  # utterances of four and of seven classes
DEVELOPMENT_PARTS = 10  # development: random takes one part of so many

PARTITIONS = ("train", "dev", "test")
UNUSED = "unused"

log = logging.getLogger(__name__)


def published_split(count: int, fold: int) -> np.ndarray:
    """Replay the published folds for `count` utterances in the order of the release.

    The paper says 8 : 0.5 : 1.5, but the partitions were drawn by one coin flip an utterance: about
    80 : 6 : 14, not stratified, utterances of a speaker on both sides.

    Returns:
        The partition of each utterance in fold 1 ... 5, [count] of train, dev, test.
    """
    draws = random.Random(FOLD_SEED)
    fold_of = [
        5 - sum(draw > limit for limit in (0.2, 0.4, 0.6, 0.8)) for draw in _draws(draws, count)
    ]
    flips = _draws(random.Random(PARTITION_SEED), count)
    return np.array(
        [
            "train" if own != fold else "dev" if flip > 0.7 else "test"
            for own, flip in zip(fold_of, flips, strict=True)
        ]
    )


def _draws(generator: random.Random, count: int) -> list[float]:
    return [generator.random() for _ in range(count)]


def random_split(labels: Sequence[str], fold: int, *, n_folds: int, seed: int) -> np.ndarray:
    """Stratified folds: a fold's held-out part is divided 1 : 3 into development and test.

    With five folds this is the paper's 8 : 0.5 : 1.5, by class as far as the class sizes allow.

    Returns:
        The partition of each utterance in fold 1 ... n_folds, [n] of train, dev, test.

    Raises:
        DataError: a class has fewer utterances than there are folds.
    """
    labels = np.asarray(labels)
    names, sizes = np.unique(labels, return_counts=True)
    if sizes.min() < n_folds:
        raise DataError(
            f"Class {names[sizes.argmin()]} has {sizes.min()} utterances, fewer than the {n_folds} "
            "folds (splits.n_folds); take it out of `labels` or use fewer folds"
        )
    outer = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    held_out = [test for _, test in outer.split(labels, labels)][fold - 1]
    partition = np.full(len(labels), "train", dtype="<U6")
    partition[held_out] = "test"
    partition[_stratified_part(labels, held_out, 4, seed)] = "dev"
    return partition


def session_split(table: pd.DataFrame, fold: int, *, development: str, seed: int) -> np.ndarray:
    """Leave one session out: its two speakers are never met in training.

    Args:
        table: columns session, speaker and label of the utterances.
        fold: a session; with development "partner" a speaker, in their order.
        development: "session": the next session, 3 : 1 : 1. "random": a tenth of the training
            sessions, stratified by class; its speakers are met in training. "partner": the other
            speaker of the test session, in whose pictures and recordings the test speaker is.
        seed: of "random".

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
    """Leave one speaker out; the turns of the partner, who is met in the same dialogs, are unused.

    Args:
        table: columns session, speaker and label of the utterances.
        fold: a speaker, in their order.
        development: "session" or "random", as in `session_split`.
        seed: of "random".

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


def _checked(fold: int, available: int, what: str) -> int:
    if fold > available:
        raise DataError(
            f"Fold {fold} is asked for, but the corpus has {available} {what}; "
            "see `folds` and `splits` in config.yaml"
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
        partition[_stratified_part(labels, training, DEVELOPMENT_PARTS, seed)] = "dev"
    return partition


def _stratified_part(labels: np.ndarray, rows: np.ndarray, parts: int, seed: int) -> np.ndarray:
    """One of so many parts of some rows: every `parts`-th one, after sorting by class."""
    labels = labels[rows]
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    return rows[by_class[parts - 1 :: parts]]


def split(
    utterances: pd.DataFrame,
    selected: pd.DataFrame,
    fold: int,
    *,
    scheme: str,
    labels: Sequence[str],
    min_class_size: int,
    method: str,
    n_folds: int,
    seed: int,
    development: str,
    unseen_lines: bool,
) -> pd.DataFrame:
    """Partition the selected utterances for one fold.

    The published and the random folds are drawn over every utterance of the configured classes, in
    the order of the table; an utterance that was excluded for its data alone keeps its draw, so
    that the others stay where they were.

    Args:
        utterances: the whole utterance table.
        selected: the utterances that are used, with their class as `label`.
        fold: from 1 to n_folds.
        scheme: published, random, session or speaker.
        labels, min_class_size: the configured classes.
        method: of the dialogs that are used; random folds are stratified among these alone.
        n_folds: of the random scheme.
        seed: of the random scheme and of random development sets.
        development: session, random or partner, for the last two schemes.
        unseen_lines: whether scripted test utterances whose words occur in training are left out.

    Returns:
        utterance_id, partition (train, dev, test, unused) and label of every selected utterance, in
        the order of the table.

    Raises:
        DataError: a partition is empty, or the corpus has no such fold.
    """
    if scheme in ("session", "speaker"):
        splitter = session_split if scheme == "session" else speaker_split
        partition = pd.Series(
            splitter(selected, fold, development=development, seed=seed),
            index=selected["utterance_id"],
        )
    else:
        if scheme == "random" and method != "all":
            utterances = utterances[utterances["method"] == method]
        classes = classes_of(utterances["label"], labels, min_class_size)
        drawn = utterances["utterance_id"][classes != ""]
        partition = pd.Series(
            _published(len(drawn), fold)
            if scheme == "published"
            else random_split(classes[classes != ""], fold, n_folds=n_folds, seed=seed),
            index=drawn,
        )
    table = selected[["utterance_id", "label"]].copy()
    table.insert(1, "partition", partition.reindex(table["utterance_id"]).to_numpy())
    if unseen_lines:
        table.loc[_spoken_in_training(table, selected), "partition"] = UNUSED
    _check(table, selected, fold)
    return table


def prepared_split(table: pd.DataFrame, selected: pd.DataFrame, fold: int) -> pd.DataFrame:
    """The partitions that a prepared fold brings, of the selected utterances, in their order.

    Args:
        table: utterance_id and partition of the fold.
        selected: the utterances that are used, with their class as `label`.
        fold: number of the fold.

    Raises:
        DataError: the fold lacks a selected utterance, or a partition is empty.
    """
    partition = table.set_index("utterance_id")["partition"]
    missing = selected["utterance_id"][~selected["utterance_id"].isin(partition.index)]
    if len(missing):
        raise DataError(
            f"Fold {fold} lacks {len(missing)} utterances of other folds, the first is "
            f"{missing.iloc[0]}; these folds are not of one set, give each a `corpus` of its own"
        )
    found = selected[["utterance_id", "label"]].copy()
    found.insert(1, "partition", partition[found["utterance_id"]].to_numpy())
    _check(found, selected, fold)
    return found


def _published(count: int, fold: int) -> np.ndarray:
    if count not in PUBLISHED_COUNTS:
        log.warning(
            "%d utterances have a configured label, the published folds were drawn over %s: "
            "these folds are drawn in the same way, but are not the published ones",
            count,
            " or ".join(map(str, PUBLISHED_COUNTS)),
        )
    return published_split(count, fold)


def _check(table: pd.DataFrame, selected: pd.DataFrame, fold: int) -> None:
    """Every selected utterance stands in exactly one partition, and none of the three is empty."""
    assert table["utterance_id"].is_unique
    assert list(table["utterance_id"]) == list(selected["utterance_id"])
    assert table["partition"].isin([*PARTITIONS, UNUSED]).all()
    empty = [name for name in PARTITIONS if name not in set(table["partition"])]
    if empty:
        raise DataError(
            f"Fold {fold} has no {' and no '.join(empty)} utterance among {len(table)}; "
            "make the corpus larger, or see `splits` in config.yaml"
        )


def same_words(transcripts: pd.Series) -> pd.Series:
    """Transcripts without case and punctuation, to tell whether the same was said."""
    words = re.compile(r"\w+(?:'\w+)*")
    return transcripts.map(lambda text: " ".join(words.findall(plain(text).lower())))


def _spoken_in_training(table: pd.DataFrame, selected: pd.DataFrame) -> np.ndarray:
    """Scripted test utterances whose words occur in training."""
    words = same_words(selected["transcript"]).to_numpy()
    training = set(words[(table["partition"] == "train").to_numpy()])
    scripted = (selected["method"] == "scripted").to_numpy()
    return scripted & (table["partition"] == "test").to_numpy() & np.isin(words, list(training))
