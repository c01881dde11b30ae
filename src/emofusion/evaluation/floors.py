"""Floors: results of classifiers that see nothing of an utterance's content.

`majority` predicts the most frequent class of training. `lengths` sees only the lengths of an
utterance's sequences: padding is not masked, so that a model's averages over time depend on them.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, recall_score

from emofusion.features.store.read import RaggedStore


def floors(
    splits: Mapping[int, pd.DataFrame],
    lengths: pd.DataFrame,
    modality_sets: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Floors on the test partition of each fold.

    The classifier of lengths is scikit-learn's gradient boosting with its defaults; nothing is
    tuned, so that the development partition is not needed.

    Args:
        splits: {fold: its table}, columns utterance_id, partition, label.
        lengths: steps of an utterance that a model gets to see, one column per modality, by
            utterance_id.
        modality_sets: {set: names of its modalities}; one `lengths` classifier for each set.

    Returns:
        One row per floor and fold: floor, modalities (empty for `majority`), fold, accuracy,
        balanced_accuracy.
    """
    classifiers = {("majority", ""): DummyClassifier(strategy="most_frequent")}
    for modalities in modality_sets:
        classifiers["lengths", modalities] = HistGradientBoostingClassifier(random_state=0)
    rows = []
    for (floor, modalities), classifier in classifiers.items():
        names = list(modality_sets.get(modalities, lengths))
        for fold, table in splits.items():
            train, test = (table[table["partition"] == name] for name in ("train", "test"))
            classifier.fit(lengths.loc[train["utterance_id"], names], train["label"])
            predicted = classifier.predict(lengths.loc[test["utterance_id"], names])
            rows.append(
                {"floor": floor, "modalities": modalities, "fold": fold}
                | _metrics(test["label"], predicted)
            )
    return pd.DataFrame(rows)


def read_lengths(features: Iterable[Path], limits: Mapping[str, int | None]) -> pd.DataFrame:
    """Steps of each utterance that a model gets to see, one column per modality.

    Args:
        features: feature files, named by their modalities.
        limits: {modality: maximum number of steps}; None: the `max_length` in the feature file.
    """
    lengths = {}
    for path in features:
        store = RaggedStore(path)
        limit = limits[path.stem] or store.attributes.get("max_length")
        lengths[path.stem] = pd.Series(store.lengths, store.ids).clip(upper=limit)
    return pd.DataFrame(lengths)


def _metrics(truth: pd.Series, predicted: np.ndarray) -> dict[str, float]:
    """As in `metrics.score`: the mean of the recalls is over the classes that occur."""
    recalls = recall_score(truth, predicted, labels=truth.unique(), average=None)
    return {
        "accuracy": accuracy_score(truth, predicted),
        "balanced_accuracy": float(recalls.mean()),
    }
