"""Splits that keep whole groups of utterances together, such as those of a speaker."""

from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.splits import UNUSED, same_words
from emofusion.splits.parts import stratified_part

SPLITS = {
    "group": {
        "settings": "by repeats",
        "development": "group random",
        "repeats": True,
        "says": "whole groups of utterances, such as those of a speaker, are tested together; "
        "no group is in two partitions",
    },
    "lines": {
        "settings": "repeats",
        "development": "group random",
        "repeats": True,
        "says": "utterances with the same words are tested together; no transcript is in two "
        "partitions",
    },
    "official": {
        "folds": "1",
        "settings": "by",
        "development": "group random",
        "says": "the partitions that the corpus itself defines",
    },
}

DEVELOPMENT_SHARE = 0.1


def group(
    pool: pd.DataFrame,
    fold: int,
    *,
    n_folds: int,
    seed: int,
    development: str,
    by: str,
    repeats: int = 1,
    **_: Any,
) -> np.ndarray:
    """Test the groups of one fold; the development groups come from the others.

    Groups are dealt to the folds by their size, the largest first, each to the fold that has the
    fewest utterances; equal sizes in an order that the seed decides. If there are as many groups as
    folds, each fold tests one of them, in the order of their names.

    Args:
        pool: columns label and that of the groups.
        fold: 1 to n_folds.
        n_folds: number of folds.
        seed: seed of the folds and of the development partition.
        development: "group": whole groups, about a tenth of the training utterances; if
            no speaker is in two groups, whole speakers instead. "random": a tenth of the training
            utterances, stratified by class; its groups also occur in training.
        by: column with the groups.
        repeats: how often the folds are drawn, each time with another seed.

    Returns:
        The partition of each utterance, [n] of train, dev, test.

    Raises:
        DataError: an utterance without a group; fewer groups than folds; or as many groups as
            folds with repeats > 1, where every draw gives the same folds.
    """
    groups = groups_of(pool, by)
    tested = _tested(groups, fold, n_folds, seed, repeats, by)
    return with_development(tested, pool, development_groups(pool, groups), development, seed)


def lines(
    pool: pd.DataFrame,
    fold: int,
    *,
    n_folds: int,
    seed: int,
    development: str,
    repeats: int = 1,
    **_: Any,
) -> np.ndarray:
    """Test utterances whose words occur in no other partition: like `group`, by transcript.

    Case and punctuation are ignored.

    Raises:
        DataError: an utterance without a transcript, or too few different ones for the folds.
    """
    groups = same_words(pool["transcript"])
    if (silent := groups == "").any():
        raise DataError(
            f"splits.scheme: lines compares words, and {silent.sum()} utterances have none, the "
            f"first is {pool['utterance_id'][silent].iloc[0]}; add transcripts, or choose another "
            "scheme"
        )
    tested = _tested(groups, fold, n_folds, seed, repeats, "transcript")
    return with_development(tested, pool, groups, development, seed)


def official(
    pool: pd.DataFrame, fold: int, *, seed: int, development: str, by: str, **_: Any
) -> np.ndarray:
    """The partitions of the column split; utterances without one are unused.

    Where the corpus has no development partition, it is taken from training as by `group`.

    Raises:
        DataError: the corpus has no such column.
    """
    given = pool.get("split", pd.Series("", pool.index))
    if not (given != "").any():
        raise DataError(
            "splits.scheme: official reads the column split, which the corpus lacks; add it to the "
            "table, or choose another scheme"
        )
    partition = given.where(given != "", UNUSED).to_numpy()
    if "dev" in partition:
        return partition.astype("<U6")
    groups = development_groups(pool, groups_of(pool, by))
    return with_development(partition, pool, groups, development, seed)


def groups_of(pool: pd.DataFrame, by: str) -> pd.Series:
    """The group of each utterance.

    Raises:
        DataError: the corpus has no such column, or it is empty for an utterance.
    """
    if by not in pool:
        raise DataError(f"splits.by: the corpus has no column {by}; found {', '.join(pool)}")
    groups = pool[by].astype("str")
    if (groups == "").any():
        first = pool["utterance_id"][groups == ""].iloc[0]
        raise DataError(
            f"splits.by: {(groups == '').sum()} utterances have no {by}, the first is {first}; "
            "fill the column, or split by another"
        )
    return groups


def _tested(
    groups: pd.Series, fold: int, n_folds: int, seed: int, repeats: int, by: str
) -> np.ndarray:
    """Partition of each utterance, test where its group is dealt to the fold, else train."""
    found = groups.nunique()
    if found < n_folds:
        raise DataError(
            f"splits.n_folds: {n_folds} folds by {by}, found {found} groups "
            f"({', '.join(sorted(groups.unique())[:5])}, ...); use fewer folds"
        )
    if found == n_folds and repeats > 1:
        raise DataError(
            f"splits.repeats: found {repeats}, but each of the {found} folds tests one group by "
            f"{by}, the same in every draw; use 1, or fewer folds"
        )
    return np.where(groups.map(_dealt(groups, n_folds, seed)) == fold - 1, "test", "train")


def _dealt(groups: pd.Series, n_folds: int, seed: int) -> dict[str, int]:
    """{group: its fold}, with about as many utterances in each fold."""
    sizes = groups.value_counts().sort_index()
    if len(sizes) == n_folds:
        return {str(name): number for number, name in enumerate(sizes.index)}
    sizes = sizes.iloc[np.random.default_rng(seed).permutation(len(sizes))]
    sizes = sizes.sort_values(ascending=False, kind="stable")
    totals, dealt = [0] * n_folds, {}
    for name, size in sizes.items():
        dealt[str(name)] = totals.index(min(totals))
        totals[dealt[str(name)]] += int(size)
    return dealt


def development_groups(pool: pd.DataFrame, groups: pd.Series) -> pd.Series:
    """Units of the development partition: speakers, if no speaker is in two groups; else groups."""
    known = (pool["speaker"] != "").all()
    whole = known and groups.groupby(pool["speaker"]).nunique().max() == 1
    return pool["speaker"] if whole else groups


def with_development(
    partition: np.ndarray, pool: pd.DataFrame, groups: pd.Series, development: str, seed: int
) -> np.ndarray:
    """The partitions with a development partition taken from training: see `group`.

    Args:
        partition: train and test, [n].
        pool: column label.
        groups: group of each utterance that may be in training; whole ones are taken.
        development, seed: as in `group`.
    """
    partition = partition.astype("<U6")
    training = np.flatnonzero(partition == "train")
    if development == "random":
        parts = round(1 / DEVELOPMENT_SHARE)
        partition[stratified_part(pool["label"].to_numpy(), training, parts, seed)] = "dev"
        return partition
    sizes = groups.iloc[training].value_counts().sort_index()
    taken = 0
    for name in sizes.index[np.random.default_rng(seed).permutation(len(sizes))][:-1]:
        if taken >= DEVELOPMENT_SHARE * len(training):
            break
        partition[(groups == name).to_numpy() & (partition == "train")] = "dev"
        taken += int(sizes[name])
    return partition
