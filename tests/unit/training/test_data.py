"""Batches of padded and standardised features."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emofusion.errors import DataError
from emofusion.features.store.read import RaggedStore, Sequences
from emofusion.features.store.write import write_ragged
from emofusion.training import data
from emofusion.training.data import Inputs, Partition, fit_scaler, read_split, with_votes


def in_memory(embedding=None, **sequences):
    """Feature file in memory, each utterance a part of its own."""
    places = {name: (part, 0, len(values)) for part, (name, values) in enumerate(sequences.items())}
    return Sequences(Path("x.h5"), list(sequences.values()), places, embedding)


FRAMES = in_memory(
    short=np.array([[1.0, 10.0]], dtype=np.float32),
    long=np.array([[3.0, 10.0], [5.0, 10.0], [99.0, 99.0]], dtype=np.float32),
    empty=np.zeros((0, 2), dtype=np.float32),
)


@pytest.fixture(scope="module", params=["mapped", "table"])
def gathered(request):
    """From mapped parts as on a CPU, then from one table as on a GPU."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "table":
            patch.setattr(data, "_Mapped", partial(data._Table, home=data.CPU))
        yield


VECTORS = np.array([[7.0, 7.0], [1.0, 2.0]], np.float32)
WORDS = in_memory(VECTORS, long=np.array([1, 1, 1], np.int32), empty=np.array([], np.int32))


def test_short_sequences_are_padded_with_zeros_and_long_ones_cut(gathered):
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


def test_standardising_leaves_padding_at_zero(gathered):
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
        fit_scaler(FRAMES, [], length=2)


def test_models_that_mask_or_train_word_vectors_get_lengths_and_tokens(gathered):
    inputs = Inputs({"text": WORDS}, {"text": 2}, {}, torch.float32, ["lengths", "tokens"])
    batch = inputs.batch(["long", "empty"])
    assert set(batch) == {"text_tokens", "text_lengths"}
    assert batch["text_tokens"].tolist() == [[1, 1], [0, 0]]
    assert batch["text_lengths"].tolist() == [2, 0]  # of three words two are read


def test_prosody_is_standardised_and_has_one_row_an_utterance(gathered):
    prosody = in_memory(a=np.array([[3.0, 1.0]], np.float32), b=np.array([[5.0, 1.0]], np.float32))
    scaler = (np.array([3.0, 0.0], np.float32), np.array([2.0, 1.0], np.float32))
    inputs = Inputs({}, {}, {"prosody": scaler}, torch.float32, ["prosody"], prosody)
    assert inputs.batch(["b", "a"])["prosody"].tolist() == [[1.0, 1.0], [0.0, 1.0]]


def test_words_become_vectors_and_padding_zeros_even_if_the_first_vector_is_not(gathered):
    batch = Inputs({"text": WORDS}, {"text": 4}, {}, torch.float32).batch(["empty", "long"])
    assert batch["text"].tolist() == [[[0.0, 0.0]] * 4, [[1.0, 2.0]] * 3 + [[0.0, 0.0]]]


def test_seeds_side_by_side_draw_their_own_batches_of_everything(gathered):
    prosody = in_memory(long=np.array([[3.0]], np.float32), empty=np.array([[5.0]], np.float32))
    inputs = Inputs({"text": WORDS}, {"text": 2}, {}, torch.float32, ["lengths", "tokens"], prosody)
    batch = inputs.select(["long", "empty"]).batch(torch.tensor([[0, 1, 1], [1, 0, 0], [0, 0, 0]]))
    assert {name: tuple(values.shape) for name, values in batch.items()} == {
        "text_tokens": (3, 3, 2),
        "text_lengths": (3, 3),
        "prosody": (3, 3, 1),
    }
    assert batch["text_tokens"][1].tolist() == [[0, 0], [1, 1], [1, 1]]
    assert batch["text_lengths"].tolist() == [[2, 0, 0], [0, 2, 2], [2, 2, 2]]
    assert batch["prosody"][..., 0].tolist() == [[3, 5, 5], [5, 3, 3], [3, 3, 3]]


def test_in_memory_time_comes_before_batch(gathered):
    chosen = Inputs({"audio": FRAMES}, {"audio": 4}, {}, torch.float64).select(["long", "short"])
    audio = chosen.batch(torch.tensor([[0, 1, 0]]))["audio"]
    assert audio.shape == (1, 3, 4, 2)
    assert audio.transpose(1, 2).is_contiguous()


@st.composite
def cases(draw):
    """Utterances that lie anywhere in some parts, a scaler, and rows to draw."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.lists(st.integers(0, 6), min_size=1, max_size=3))
    parts = [rng.normal(size=(n, 3)).astype(np.float32) for n in sizes]
    places = {}
    for number in range(draw(st.integers(1, 5))):
        part = draw(st.integers(0, len(parts) - 1))
        start = draw(st.integers(0, len(parts[part])))
        places[f"u{number}"] = (part, start, draw(st.integers(0, len(parts[part]) - start)))
    scaler = tuple(rng.uniform(0.5, 2, size=(2, 3)).astype(np.float32))
    shape = draw(st.sampled_from([(0,), (1,), (4,), (2, 3), (1, 2, 2)]))
    rows = torch.from_numpy(rng.integers(0, len(places), shape))
    return parts, places, scaler, rows


def padded_one_by_one(store, utterance, length, scaler):
    padded = np.zeros((length, store.dim), np.float32)
    for time, frame in enumerate(store[utterance][:length]):
        padded[time] = (frame - scaler[0]) / scaler[1]
    return padded


@given(cases(), st.integers(1, 8), st.sampled_from([torch.float32, torch.float64]))
def test_batches_are_to_the_bit_what_padding_one_by_one_gives(gathered, case, length, dtype):
    parts, places, scaler, rows = case
    store = Sequences(Path("x.h5"), parts, places)
    inputs = Inputs({"audio": store}, {"audio": length}, {"audio": scaler}, dtype, ["lengths"])
    batch = inputs.select(list(places)).batch(rows)
    expected = np.zeros((*rows.shape, length, 3), np.float32)
    for position in np.ndindex(*rows.shape):
        expected[position] = padded_one_by_one(store, f"u{rows[position]}", length, scaler)
        assert batch["audio_lengths"][position] == min(store.length(f"u{rows[position]}"), length)
    assert batch["audio"].dtype == dtype
    np.testing.assert_array_equal(batch["audio"].numpy(), expected)


def test_an_utterance_without_features_is_named():
    inputs = Inputs({"audio": FRAMES}, {"audio": 2}, {}, torch.float32)
    with pytest.raises(DataError, match=r"x\.h5: no features of nobody"):
        inputs.select(["short", "nobody"])


def test_frames_in_place_of_words_are_refused_where_tokens_are_read():
    with pytest.raises(DataError, match=r"x\.h5: holds frames, but a model that trains its word"):
        Inputs({"text": FRAMES}, {"text": 2}, {}, torch.float32, ["tokens"])


def test_standardising_leaves_a_mapped_file_as_it_is(gathered, tmp_path):
    write_ragged(tmp_path / "x.h5", ["a"], [2], [np.ones((2, 3))], 3, {})
    scaler = (np.ones(3, np.float32), np.ones(3, np.float32))
    store = RaggedStore(tmp_path / "x.h5")
    inputs = Inputs({"audio": store}, {"audio": 3}, {"audio": scaler}, torch.float32)
    assert inputs.batch(["a"])["audio"].tolist() == [[[0.0] * 3] * 3]
    assert store["a"].tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize(("free", "home"), [(25, "cuda"), (24, "cpu"), (0, "cpu")])
def test_features_lie_on_a_gpu_if_they_take_less_than_half_of_its_free_memory(
    monkeypatch, free, home
):
    store = in_memory(a=np.zeros((3, 1), np.float32))  # 12 bytes
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 100))
    assert data._home([store], torch.device("cuda")).type == home


def test_targets_are_the_shares_of_the_votes_for_the_classes_that_occur(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("utterance_id,ang,sad,sur\nu1,2,1,3\nu2,0,0,2\nu9,1,0,0\n")
    labels = torch.tensor([0, 0, 1])
    partitions = {"train": Partition(["u1", "u2", "u3"], labels)}
    found = with_votes(partitions, path, ["sad", "ang"])["train"]
    # u1: sad 1, ang 2, surprise is no class here. u2 and u3 have no vote and keep their label.
    assert found.targets.tolist() == [[1 / 3, 2 / 3], [1, 0], [0, 1]]
    assert found.targets.dtype == torch.float64
    assert found.labels is labels
