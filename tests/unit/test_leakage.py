import numpy as np
import pandas as pd
import pytest

from emofusion.features.store.write import write_ragged
from emofusion.splits.leakage import audio_hashes, class_counts, leakage

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


def test_the_groups_of_the_folds_and_equal_sound_are_leaks_too():
    rooms = TABLE.assign(room=["r1", "r2", "r1", "r2", "r3", "r3", "r1", "r4"])
    sound = pd.Series(list("xyxyzxyz"), index=TABLE["utterance_id"])
    row = leakage(SPLITS, rooms, "room", sound).set_index("partition").loc["test"]
    assert row["group"] == 2 / 4  # d and g, of d, e, f, g
    assert row["audio"] == 3 / 4  # all but e
    row = leakage(SPLITS, TABLE).set_index("partition").loc["test"]
    assert np.isnan(row["group"]) and np.isnan(row["audio"])


def test_sound_is_equal_where_all_its_features_are(tmp_path):
    frames = [[[1, 2]], [[1, 2], [3, 4]], [[1, 2]], [[1, 2.0001]]]
    arrays = [np.array(one, np.float32) for one in frames]
    write_ragged(tmp_path / "audio.h5", list("abcd"), [1, 2, 1, 1], arrays, 2, {})
    found = audio_hashes(tmp_path / "audio.h5", pd.Series(list("dcba")))
    assert list(found.index) == list("dcba")
    assert found["a"] == found["c"]
    assert found.nunique() == 3


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
