import json
import math

import pandas as pd
import pytest

from emofusion.errors import DataError
from emofusion.evaluation.metrics import (
    pooled_confusion,
    read_predictions,
    score,
    score_runs,
    summarise,
)


def predictions(pairs, classes="ab"):
    table = pd.DataFrame(pairs, columns=["label", "predicted"])
    return table.assign(**{f"p_{name}": 1 / len(classes) for name in classes})


# Of four "a" three are right, of one "b" none: recalls 3/4 and 0.
PAIRS = [("a", "a"), ("a", "a"), ("a", "a"), ("a", "b"), ("b", "a")]
FIVE = predictions(PAIRS)


def test_accuracy_counts_utterances_and_balanced_accuracy_averages_recalls():
    metrics = score(FIVE)
    assert metrics["accuracy"] == pytest.approx(3 / 5)
    assert metrics["balanced_accuracy"] == pytest.approx((3 / 4 + 0) / 2)
    # F1 of a: precision 3/4, recall 3/4; of b: 0
    assert metrics["macro_f1"] == pytest.approx((3 / 4 + 0) / 2)
    assert metrics["weighted_f1"] == pytest.approx((4 * 3 / 4 + 1 * 0) / 5)
    assert (metrics["recall_a"], metrics["recall_b"]) == (0.75, 0)
    assert (metrics["precision_a"], metrics["precision_b"]) == (0.75, 0)


def test_log_loss_takes_each_label_s_own_probability_in_whatever_order_the_classes_are():
    table = pd.DataFrame(
        {"label": ["b", "a"], "predicted": ["b", "b"], "p_b": [0.8, 0.7], "p_a": [0.2, 0.3]}
    )
    assert score(table)["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.3)) / 2)


def test_a_class_that_is_never_predicted_has_no_precision():
    assert math.isnan(score(predictions([("a", "a"), ("b", "a")]))["precision_b"])


def test_a_class_without_a_test_utterance_has_no_recall_and_does_not_lower_the_mean():
    metrics = score(predictions(PAIRS, "abc"))
    assert math.isnan(metrics["recall_c"])
    assert metrics["balanced_accuracy"] == pytest.approx(0.375)


def test_one_row_a_run_from_its_test_predictions_only(tmp_path):
    (tmp_path / "predictions.csv").write_text(
        "utterance_id,partition,label,predicted,p_a,p_b\n"
        "u1,dev,a,b,0,1\nu2,test,a,a,1,0\nu3,test,b,b,0,1\n"
    )
    noted = {
        "best_epoch": 3,
        "epochs": 13,
        "stopped_early": True,
        "train_seconds": 1.5,
        "parameters": 7,
        "dev_accuracy": 0,
    }
    (tmp_path / "metrics.json").write_text(json.dumps(noted))
    key = {"model": "self", "modalities": "t", "fold": 1, "seed": 2}
    table = score_runs([(key, tmp_path)])
    assert list(table.columns) == [
        "model", "modalities", "fold", "seed", "accuracy", "balanced_accuracy", "macro_f1",
        "weighted_f1", "log_loss", "best_epoch", "epochs", "stopped_early", "train_seconds",
        "parameters", "recall_a", "recall_b", "precision_a", "precision_b",
    ]  # fmt: skip
    assert table.loc[0, "accuracy"] == 1
    assert table.loc[0, "best_epoch"] == 3


def test_a_run_without_test_predictions_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text("utterance_id,partition,label,predicted\nu1,dev,a,b\n")
    with pytest.raises(DataError, match=r"predictions.csv: no prediction for the test partition"):
        read_predictions(path)


def test_summary_is_mean_and_sample_deviation_over_runs():
    runs = pd.DataFrame(
        {
            "model": "self",
            "modalities": "t",
            "fold": [1, 2],
            "seed": 1,
            "accuracy": [0.4, 0.6],
            "balanced_accuracy": [0.5, 0.5],
            "macro_f1": [0.1, 0.2],
            "weighted_f1": [0.1, 0.2],
            "log_loss": [1.0, 2.0],
        }
    )
    row = summarise(runs).set_index("metric").loc["accuracy"]
    assert row["runs"] == 2
    assert row["mean"] == pytest.approx(0.5)
    assert row["std"] == pytest.approx(math.sqrt(0.02))  # squared deviations .01 + .01, over n - 1


def test_confusion_counts_true_rows_and_predicted_columns_over_runs():
    assert pooled_confusion([FIVE, FIVE]).tolist() == [[6, 2], [2, 0]]
