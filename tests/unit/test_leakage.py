import numpy as np
import pandas as pd
import pytest

from emofusion.splits.leakage import class_counts, leakage

# id, partition, speaker, dialog, method, transcript, label
ROWS = [
    ("a", "train", "F1", "d1", "scripted", "Good morning.", "ang"),
    ("b", "train", "M1", "d1", "improvised", "I do not know you.", "neu"),
    ("c", "dev", "F1", "d2", "scripted", "Good morning!", "ang"),
    ("d", "test", "F1", "d1", "scripted", "good morning", "ang"),
    ("e", "test", "F2", "d3", "scripted", "Good night.", "ang"),
    ("f", "test", "F2", "d3", "improvised", "I do not know YOU", "neu"),
    ("g", "test", "F2", "d3", "improvised", "Good morning.", "neu"),
    ("h", "unused", "M2", "d3", "scripted", "Yes.", "neu"),
]
TABLE = pd.DataFrame(
    ROWS,
    columns=["utterance_id", "partition", "speaker", "dialog", "method", "transcript", "label"],
)
SPLITS = {3: TABLE[["utterance_id", "partition", "label"]]}


def test_what_the_test_partition_shares_with_training():
    row = leakage(SPLITS, TABLE).set_index("partition").loc["test"]
    assert row[["fold", "utterances", "training", "unused"]].to_list() == [3, 4, 2, 1]
    assert row["speaker"] == row["dialog"] == 1 / 4
    assert row["scripted_transcript"] == 1 / 2  # d of d, e
    assert row["improvised_transcript"] == 1  # f; g has fewer than four words


def test_standard_errors_are_the_largest_of_an_accuracy_and_a_mean_of_recalls():
    row = leakage(SPLITS, TABLE).set_index("partition").loc["test"]
    assert row["standard_error"] == pytest.approx(0.25)  # sqrt(1/4 / 4)
    # Two classes of two: each recall has variance 1/8, their mean 1/16.
    assert row["standard_error_balanced"] == pytest.approx(0.25)


def test_what_a_corpus_does_not_tell_is_missing():
    unknown = TABLE.assign(speaker="", dialog="", transcript="")
    row = leakage(SPLITS, unknown).iloc[1]
    assert np.isnan(row[["speaker", "dialog", "scripted_transcript"]].astype(float)).all()


def test_classes_are_counted_by_partition():
    counts = class_counts(SPLITS).set_index(["fold", "partition"])
    assert counts.loc[(3, "test")].to_dict() == {"ang": 2, "neu": 2}
    assert counts.loc[(3, "dev")].to_dict() == {"ang": 1, "neu": 0}
