from types import SimpleNamespace

import numpy as np
import pytest
import torch

from emofusion.errors import DataError
from emofusion.training.data import Inputs, fit_scaler, read_split


class Store(dict):
    """Feature file in memory: {utterance: [frames, dim]}."""

    dim = 2


FRAMES = Store(
    short=np.array([[1.0, 10.0]], dtype=np.float32),
    long=np.array([[3.0, 10.0], [5.0, 10.0], [99.0, 99.0]], dtype=np.float32),
    empty=np.zeros((0, 2), dtype=np.float32),
)


def test_short_sequences_are_padded_with_zeros_and_long_ones_cut():
    batch = Inputs({"audio": FRAMES}, {"audio": 2}, {}, torch.float32).batch(
        ["long", "short", "empty"]
    )
    assert batch["audio"].tolist() == [
        [[3.0, 10.0], [5.0, 10.0]],
        [[1.0, 10.0], [0.0, 0.0]],
        [[0.0, 0.0], [0.0, 0.0]],
    ]


def test_statistics_come_from_the_valid_frames_of_the_given_utterances_within_the_length():
    # Frames 1, 3, 5 of the first coefficient: mean 3, deviation sqrt(8/3). The second is constant.
    mean, deviation = fit_scaler(FRAMES, ["short", "long", "empty"], length=2)
    np.testing.assert_allclose(mean, [3, 10])
    np.testing.assert_allclose(deviation, [np.sqrt(8 / 3), 1], rtol=1e-6)


def test_standardising_leaves_padding_at_zero():
    scaler = (np.array([1.0, 0.0], np.float32), np.array([2.0, 10.0], np.float32))
    batch = Inputs({"audio": FRAMES}, {"audio": 2}, {"audio": scaler}, torch.float64).batch(
        ["short"]
    )
    assert batch["audio"].tolist() == [[[0.0, 1.0], [0.0, 0.0]]]
    assert batch["audio"].dtype == torch.float64


def split_file(tmp_path, *rows):
    path = tmp_path / "fold1.csv"
    path.write_text("utterance_id,partition,label\n" + "\n".join(rows) + "\n")
    return path


def test_a_split_table_gives_three_partitions_with_class_indices(tmp_path):
    rows = ["u1,train,sad", "u2,dev,ang", "u3,test,sad", "u4,train,ang", "u5,unused,fru"]
    path = split_file(tmp_path, *rows)
    classes, partitions = read_split(path, ["ang", "fru", "sad"])
    assert classes == ["ang", "sad"]  # of a class that was left out there is no logit
    assert partitions["train"].ids == ["u1", "u4"]
    assert partitions["train"].labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["u1,train,ang", "u2,dev,ang"], r"fold1.csv: the test partition is empty"),
        (["u1,train,ang", "u2,dev,ang", "u3,test,fru"], r"labels \['fru'\] are not among"),
    ],
)
def test_a_split_that_cannot_be_trained_on_is_refused(tmp_path, rows, expected):
    with pytest.raises(DataError, match=expected):
        read_split(split_file(tmp_path, *rows), ["ang", "sad"])


def test_no_frames_to_standardise_by_is_an_error():
    with pytest.raises(DataError, match="No training utterance has a frame"):
        fit_scaler(SimpleNamespace(dim=2, __getitem__=FRAMES.get), [], length=2)


class Words(Store):
    """Text file in memory: rows of an embedding."""

    embedding = np.array([[0.0, 0.0], [1.0, 2.0]], np.float32)

    def tokens(self, utterance):
        return self[utterance]

    def length(self, utterance):
        return len(self[utterance])


def test_models_that_mask_or_train_word_vectors_get_lengths_and_tokens():
    words = Words(long=np.array([1, 1, 1], np.int32), empty=np.array([], np.int32))
    inputs = Inputs({"text": words}, {"text": 2}, {}, torch.float32, ["lengths", "tokens"])
    batch = inputs.batch(["long", "empty"])
    assert set(batch) == {"text_tokens", "text_lengths"}
    assert batch["text_tokens"].tolist() == [[1, 1], [0, 0]]
    assert batch["text_lengths"].tolist() == [2, 0]  # of three words two are read


def test_prosody_is_standardised_and_has_one_row_an_utterance():
    prosody = Store(a=np.array([[3.0, 1.0]], np.float32), b=np.array([[5.0, 1.0]], np.float32))
    scaler = (np.array([3.0, 0.0], np.float32), np.array([2.0, 1.0], np.float32))
    inputs = Inputs({}, {}, {"prosody": scaler}, torch.float32, ["prosody"], prosody)
    assert inputs.batch(["b", "a"])["prosody"].tolist() == [[1.0, 1.0], [0.0, 1.0]]
