"""Random folds, stratified by class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from emofusion.errors import DataError
from emofusion.splits.parts import stratified_part

SPLITS = {
    "random": {
        "draws_over": "method",
        "repeats": True,
        "says": "random folds, stratified by class, drawn by utterance: speakers, dialogs and "
        "scripted lines are in training and test alike",
    }
}


def random(pool: pd.DataFrame, fold: int, *, n_folds: int, seed: int, **_: Any) -> np.ndarray:
    """Random folds of all utterances of the classes, among the dialogs that are used."""
    return random_split(pool["label"], fold, n_folds=n_folds, seed=seed)


def random_split(
    labels: Sequence[str] | pd.Series, fold: int, *, n_folds: int, seed: int
) -> np.ndarray:
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
    partition[stratified_part(labels, held_out, 4, seed)] = "dev"
    return partition
