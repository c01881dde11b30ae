"""From the utterance table to folds of training, development and test utterances."""

import logging
import random
from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from emofusion.errors import DataError

# The seeds in the public code of the baselines, whose folds the paper uses: docs/reproduce.md.
FOLD_SEED, PARTITION_SEED = 337, 3372
PUBLISHED_COUNTS = (5531, 7487)  # utterances of four and of seven classes

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
    held_labels = labels[held_out]
    partition = np.full(len(labels), "train", dtype="<U5")
    partition[held_out] = "test"
    partition[held_out[_stratified_quarter(held_labels, seed)]] = "dev"
    return partition


def _stratified_quarter(labels: np.ndarray, seed: int) -> np.ndarray:
    """Indices of a quarter of the labels: every fourth one, after sorting by class."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    return by_class[3::4]


def split(
    utterances: pd.DataFrame,
    selected: pd.DataFrame,
    fold: int,
    *,
    scheme: str,
    labels: Sequence[str],
    n_folds: int,
    seed: int,
) -> pd.DataFrame:
    """Partition the selected utterances for one fold.

    Folds are drawn over every utterance with a configured label, in the order of the table; an
    utterance that was excluded for its data alone keeps its draw, so that the others stay where
    they were.

    Args:
        utterances: the whole utterance table.
        selected: the utterances that are used.
        fold: from 1 to n_folds.
        scheme: published or random.
        labels: the configured classes.
        n_folds, seed: of the random scheme.

    Returns:
        utterance_id, partition, label of every selected utterance, in the order of the table.
    """
    labelled = utterances[utterances["label"].isin(labels)]
    if scheme == "published":
        if len(labelled) not in PUBLISHED_COUNTS:
            log.warning(
                "%d utterances have a configured label, the published folds were drawn over %s: "
                "these folds are drawn in the same way, but are not the published ones",
                len(labelled),
                " or ".join(map(str, PUBLISHED_COUNTS)),
            )
        partition = published_split(len(labelled), fold)
    else:
        partition = random_split(labelled["label"], fold, n_folds=n_folds, seed=seed)
    table = pd.DataFrame(
        {
            "utterance_id": labelled["utterance_id"].to_numpy(),
            "partition": partition,
            "label": labelled["label"].to_numpy(),
        }
    )
    return table[table["utterance_id"].isin(selected["utterance_id"])]
