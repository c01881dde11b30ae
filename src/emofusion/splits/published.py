"""The baselines' folds, which the paper uses: each utterance is assigned by random draws."""

import logging
import random
from typing import Any

import numpy as np
import pandas as pd

SPLITS = {
    "published": {
        "folds": "5",
        "draws_over": "labelled",
        "says": "the baselines' folds, drawn by utterance: speakers, dialogs and scripted lines "
        "are in training and test alike",
    }
}

# The seeds in the public code of the baselines, whose folds the paper uses: docs/reproduce.md.
FOLD_SEED, PARTITION_SEED = 337, 3372
PUBLISHED_COUNTS = (5531, 7487)  # utterances of four and of seven classes

log = logging.getLogger(__name__)


def published(pool: pd.DataFrame, fold: int, **_: Any) -> np.ndarray:
    """The published folds, if `pool` has all utterances of four or seven classes; else warn."""
    if len(pool) not in PUBLISHED_COUNTS:
        log.warning(
            "%d utterances have a configured label, the published folds were drawn over %s: "
            "these folds are drawn in the same way, but are not the published ones",
            len(pool),
            " or ".join(map(str, PUBLISHED_COUNTS)),
        )
    return published_split(len(pool), fold)


def published_split(count: int, fold: int) -> np.ndarray:
    """Replay the published folds for `count` utterances in the order of the release.

    The paper says 8 : 0.5 : 1.5, but each utterance was assigned by independent random draws: about
    80 : 6 : 14, not stratified, with utterances of the same speaker in training and test.

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
