"""What can be reached without looking at an utterance: the floors that results stand on.

`majority` says the most frequent class of training. `lengths` sees how long an utterance's
sequences are and nothing else: padding is not masked, so that a model's averages over time tell it
the length.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, recall_score

from emofusion.modalities import MODALITIES


def floors(
    splits: Mapping[int, pd.DataFrame], lengths: pd.DataFrame, modality_sets: Sequence[str]
) -> pd.DataFrame:
    """Floors on the test partition of each fold.

    The classifier of lengths is scikit-learn's gradient boosting with its defaults; nothing is
    tuned, so that the development partition is not needed.

    Args:
        splits: {fold: its table}, columns utterance_id, partition, label.
        lengths: steps of an utterance that a model gets to see, one column a modality, by
            utterance_id.
        modality_sets: for which the lengths are tried.

    Returns:
        One row a floor and fold: floor, modalities (empty for `majority`), fold, accuracy,
        balanced_accuracy.
    """
    classifiers = {("majority", ""): DummyClassifier(strategy="most_frequent")}
    for modalities in modality_sets:
        classifiers["lengths", modalities] = HistGradientBoostingClassifier(random_state=0)
    rows = []
    for (floor, modalities), classifier in classifiers.items():
        names = [MODALITIES[letter] for letter in modalities] or list(lengths)
        for fold, table in splits.items():
            train, test = (table[table["partition"] == name] for name in ("train", "test"))
            classifier.fit(lengths.loc[train["utterance_id"], names], train["label"])
            predicted = classifier.predict(lengths.loc[test["utterance_id"], names])
            rows.append(
                {"floor": floor, "modalities": modalities, "fold": fold}
                | _metrics(test["label"], predicted)
            )
    return pd.DataFrame(rows)


def _metrics(truth: pd.Series, predicted: np.ndarray) -> dict[str, float]:
    """As in `metrics.score`: the mean of the recalls is over the classes that occur."""
    recalls = recall_score(truth, predicted, labels=truth.unique(), average=None)
    return {
        "accuracy": accuracy_score(truth, predicted),
        "balanced_accuracy": float(recalls.mean()),
    }
