"""Parts of the utterances of each class."""

import numpy as np


def stratified_part(labels: np.ndarray, rows: np.ndarray, parts: int, seed: int) -> np.ndarray:
    """One of `parts` parts of some rows: every `parts`-th row, after sorting by class."""
    labels = labels[rows]
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    return rows[by_class[parts - 1 :: parts]]
