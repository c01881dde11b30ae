"""The best system and its rivals, from tables that fit on the screen."""

import pandas as pd
import pytest

from emofusion.errors import DataError
from emofusion.evaluation.best import best_systems

MEANS = {"self/ta": 0.7, "cross/ta": 0.6, "amh/ta": 0.5, "mha/ta": 0.4, "self/t": 0.3}


@pytest.fixture
def results(tmp_path):
    rows = [
        dict(zip(("model", "modalities"), system.split("/"), strict=True), mean=mean, metric=metric)
        for system, mean in MEANS.items()
        for metric in ("balanced_accuracy", "accuracy")
    ]
    (tmp_path / "metrics").mkdir()
    table = pd.DataFrame(rows).assign(runs=50, std=0.1)
    table.to_csv(tmp_path / "metrics/summary.csv", index=False)
    verdicts = [  # of the first against the second
        ("self", "cross", "better", False),
        ("amh", "self", "worse", False),
        ("mha", "self", "", True),
    ]
    rows = [
        {"modalities": "ta", "metric": "balanced_accuracy", "error_from": "samples"}
        | {"model_a": a, "model_b": b, "direction": direction, "equivalent": equivalent}
        | {"reason": "" if direction else "holm"}
        for a, b, direction, equivalent in verdicts
    ]
    (tmp_path / "statistics").mkdir()
    pd.DataFrame(rows).to_csv(tmp_path / "statistics/verdicts.csv", index=False)
    return tmp_path


def test_rivals_are_worse_where_a_difference_was_found_in_either_order_of_the_pair(results):
    balanced, accuracy = best_systems(results)
    assert (balanced.metric, balanced.system, balanced.mean) == (
        "balanced_accuracy",
        "self/ta",
        0.7,
    )
    assert [(rival.system, rival.relation) for rival in balanced.rivals] == [
        ("cross/ta", "worse"),
        ("amh/ta", "worse"),
        ("mha/ta", "equivalent"),
        ("self/t", "not compared"),
    ]
    assert {rival.relation for rival in accuracy.rivals} == {"not compared"}


def test_a_missing_table_is_named(results):
    (results / "statistics/verdicts.csv").unlink()
    with pytest.raises(DataError, match=r"verdicts\.csv: no such file; run the workflow"):
        best_systems(results)
