"""Metrics of runs, only from their predictions.

The naming trap: what the paper prints as WA ("weighted accuracy") is the mean of the per-class
recalls, here `balanced_accuracy`; what it prints as UWA ("unweighted accuracy") is the fraction of
utterances that are right, here `accuracy`. Most of the field uses the two names the other way
round.

To register more metrics, a file defines a plain dict `METRICS = {"name": {}}` and a function

    name(truth [utterance], predicted [utterance], probabilities [utterance, class]) -> float

of class numbers and probabilities, as NumPy arrays; larger is better. Such a metric is a column of
metrics/runs.csv and rows of metrics/summary.csv, and `training.select_on` may name it.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.registry import find, function_of
from emofusion.runs import OUTCOME, PREDICTIONS, RUN_KEYS

METRICS = {
    "accuracy": {"selects": False},
    "balanced_accuracy": {"selects": False},
    "macro_f1": {"selects": False},
    "weighted_f1": {"selects": False},
    "log_loss": {"selects": False},
}
"""Metrics that `score` computes. The training loop computes its selection metrics itself."""

# The metrics as the paper prints them, in its order.
PRINTED = {"balanced_accuracy": "WA", "accuracy": "UWA"}
NAMING_NOTE = (
    "WA is the mean of the per-class recalls (balanced accuracy), UWA the fraction of utterances "
    "that are right (accuracy), as the paper names them; most of the field uses the two names the "
    "other way round."
)


def read_predictions(path: Path, partition: str = "test", **reading: Any) -> pd.DataFrame:
    """Predictions of one run on one partition.

    Args:
        path: the run's predictions.csv.
        partition: the rows to keep.
        reading: options of pandas.read_csv.

    Raises:
        DataError: the file is not such a table, or the partition has no prediction.
    """
    try:
        table = pd.read_csv(path, index_col=False, **reading)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: is not a table of predictions ({str(error).strip()}); delete it to have the "
            "run trained again"
        ) from None
    if "partition" not in table:
        raise DataError(
            f"{path}: has no column partition, found {', '.join(table)}; delete it to have the run "
            "trained again"
        )
    table = table[table["partition"] == partition]
    if table.empty:
        raise DataError(
            f"{path}: no prediction for the {partition} partition; delete it to have the run "
            "trained again"
        )
    return table


def classes_in(predictions: pd.DataFrame) -> list[str]:
    """The target classes of a run, in the order of its logits."""
    return [name.removeprefix("p_") for name in predictions if name.startswith("p_")]


def registered_metrics(files: Iterable[str | Path] = ()) -> list[str]:
    """Names of the metrics that other files register."""
    return [name for name in find("METRICS", files) if name not in METRICS]


def score(predictions: pd.DataFrame, files: Sequence[str] = ()) -> dict[str, float]:
    """Metrics of one run.

    Balanced accuracy and macro F1 are means over the classes that occur: among the labels for the
    first, among labels or predictions for the second (both as scikit-learn does). Weighted F1 is
    the mean weighted by the labels' counts. The recall of a class without a test utterance and the
    precision of one that is never predicted are missing (NaN).

    Args:
        predictions: columns label, predicted and one probability column p_<class> per class.
        files: files outside the package that may define metrics.

    Returns:
        accuracy, balanced_accuracy, macro_f1, weighted_f1, log_loss (mean negative natural
        logarithm of the label's probability), the registered metrics, and recall_<class>,
        precision_<class> for each class.
    """
    # Imported here: the import takes a second, and callers that only need names skip it.
    from sklearn.metrics import (
        accuracy_score,
        f1_score,
        log_loss,
        precision_score,
        recall_score,
    )

    truth, predicted = predictions["label"], predictions["predicted"]
    labels = classes_in(predictions)
    by_class = {"labels": labels, "average": None, "zero_division": np.nan}
    recalls = recall_score(truth, predicted, **by_class)
    precisions = precision_score(truth, predicted, **by_class)
    # scikit-learn takes the columns in the alphabetical order of the labels.
    alphabetical = sorted(labels)
    probabilities = predictions[[f"p_{label}" for label in alphabetical]].to_numpy(float)
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)  # they are rounded
    return {
        "accuracy": accuracy_score(truth, predicted),
        "balanced_accuracy": float(np.nanmean(recalls)),
        "macro_f1": f1_score(truth, predicted, average="macro", zero_division=0),
        "weighted_f1": f1_score(truth, predicted, average="weighted", zero_division=0),
        "log_loss": log_loss(truth, probabilities, labels=alphabetical),
        **_registered(predictions, labels, files),
        **{f"recall_{label}": value for label, value in zip(labels, recalls, strict=True)},
        **{f"precision_{label}": value for label, value in zip(labels, precisions, strict=True)},
    }


def _registered(
    predictions: pd.DataFrame, labels: Sequence[str], files: Sequence[str]
) -> dict[str, float]:
    """The metrics that other files register."""
    if not (names := registered_metrics(files)):
        return {}
    number = {label: place for place, label in enumerate(labels)}
    truth, predicted = (
        predictions[column].map(number).to_numpy() for column in ("label", "predicted")
    )
    probabilities = predictions[[f"p_{label}" for label in labels]].to_numpy(float)
    return {
        name: float(function_of("METRICS", name, files)(truth, predicted, probabilities))
        for name in names
    }


def score_runs(runs: Sequence[tuple[dict, Path]], files: Sequence[str] = ()) -> pd.DataFrame:
    """One row per run: its key, its metrics, and what training recorded.

    Args:
        runs: (model, modalities, fold and seed by name; folder) of each run.
        files: files outside the package that may define metrics.
    """
    rows = []
    names = [*METRICS, *registered_metrics(files)]
    for key, folder in runs:
        noted = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
        metrics = score(read_predictions(folder / PREDICTIONS), files)
        kept = ["best_epoch", "epochs", "stopped_early", "train_seconds", "parameters"]
        whole = {name: metrics.pop(name) for name in names}
        # Runs of earlier versions do not say whether they stopped early.
        rows.append(key | whole | {name: noted.get(name, "") for name in kept} | metrics)
    return pd.DataFrame(rows)


def summarise(runs: pd.DataFrame, files: Sequence[str] = ()) -> pd.DataFrame:
    """Mean and sample standard deviation of each metric over the runs of each system.

    Args:
        runs: the table from `score_runs`, made with the same `files`.
        files: files outside the package that may define metrics.

    Returns:
        model, modalities, metric, runs, mean, std; std is NaN where there is one run.
    """
    long = runs.melt(
        id_vars=RUN_KEYS, value_vars=[*METRICS, *registered_metrics(files)], var_name="metric"
    )
    groups = long.groupby(["model", "modalities", "metric"], sort=False)["value"]
    return groups.agg(runs="count", mean="mean", std="std").reset_index()


def pooled_confusion(predictions: Sequence[pd.DataFrame]) -> np.ndarray:
    """Confusion matrix summed over runs, [true class, predicted class] counts."""
    from sklearn.metrics import confusion_matrix

    return sum(
        confusion_matrix(table["label"], table["predicted"], labels=classes_in(table))
        for table in predictions
    )
