import numpy as np
import pandas as pd
import pytest

from emofusion.evaluation.floors import floors, read_lengths
from emofusion.features.store.write import write_ragged

SETS = {"t": ["text"], "a": ["audio"], "ta": ["text", "audio"]}


def split(train, test):
    parts = [("train", label) for label in train] + [("test", label) for label in test]
    table = pd.DataFrame(parts, columns=["partition", "label"])
    return table.assign(utterance_id=[f"u{n}" for n in range(len(parts))])


def test_the_majority_is_that_of_training_whatever_the_test_partition_has():
    table = split("a" * 30 + "b" * 20, "abbb")
    lengths = pd.DataFrame({"text": 5}, index=table["utterance_id"])
    row = floors({3: table}, lengths, {}).iloc[0]
    assert (row["floor"], row["modalities"], row["fold"]) == ("majority", "", 3)
    assert row["accuracy"] == pytest.approx(1 / 4)
    assert row["balanced_accuracy"] == pytest.approx((1 + 0) / 2)


def test_lengths_tell_classes_apart_only_through_the_modalities_of_the_set():
    table = split("ab" * 40, "ab" * 5)
    index = table["utterance_id"]
    telling = [10 if label == "a" else 90 for label in table["label"]]
    lengths = pd.DataFrame({"text": 7, "audio": telling}, index=index)
    found = floors({1: table}, lengths, SETS)
    accuracy = found[found["floor"] == "lengths"].set_index("modalities")["accuracy"]
    assert accuracy.to_dict() == {"t": 0.5, "a": 1.0, "ta": 1.0}


def test_a_class_that_is_not_tested_does_not_count_in_the_mean_of_recalls():
    table = split("a" * 30 + "b" * 20 + "c" * 10, "ab")
    lengths = pd.DataFrame({"text": 5}, index=table["utterance_id"])
    assert floors({1: table}, lengths, {})["balanced_accuracy"].item() == pytest.approx(1 / 2)


def test_lengths_are_those_that_a_model_sees(tmp_path):
    for name, longest in (("text", 9), ("motion", 3)):
        frames = [np.zeros((n, 1), np.float32) for n in (2, 5)]
        write_ragged(
            tmp_path / f"{name}.h5", ["a", "b"], [2, 5], frames, 1, {"max_length": longest}
        )
    paths = [tmp_path / "text.h5", tmp_path / "motion.h5"]
    found = read_lengths(paths, {"text": 4, "motion": None})  # none: as the file says
    assert found.to_dict("index") == {"a": {"text": 2, "motion": 2}, "b": {"text": 4, "motion": 3}}
