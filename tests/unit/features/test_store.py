"""Ragged feature files."""

import json

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emofusion.errors import DataError
from emofusion.features.store import RaggedStore, write_ragged, write_tokens

FINITE = {"allow_nan": False, "allow_infinity": False, "width": 32}
IDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SEQUENCES = st.integers(1, 3).flatmap(
    lambda dim: st.dictionaries(
        IDS,
        st.integers(0, 4).flatmap(
            lambda length: arrays(np.float32, (length, dim), elements=st.floats(**FINITE))
        ),
    ).map(lambda by_id: (dim, by_id))
)
ONE = np.ones((2, 3), np.float32)


def write(path, sequences, dim=3, **attributes):
    lengths = [len(sequence) for sequence in sequences.values()]
    write_ragged(path, list(sequences), lengths, iter(sequences.values()), dim, attributes)
    return json.loads(path.with_suffix(".json").read_text())


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
@given(SEQUENCES)
def test_sequences_come_back_as_they_were(tmp_path, case):
    dim, sequences = case
    manifest = write(tmp_path / "x.h5", sequences, dim)
    store = RaggedStore(tmp_path / "x.h5")
    assert store.ids == list(sequences)
    assert store.lengths.tolist() == [len(sequence) for sequence in sequences.values()]
    assert (store.dim, store.sha256) == (dim, manifest["sha256"])
    for utterance, sequence in sequences.items():
        np.testing.assert_array_equal(store[utterance], sequence)
        assert store[utterance].dtype == np.float32


def test_the_manifest_says_what_is_in_the_file(tmp_path):
    manifest = write(tmp_path / "x.h5", {"a": ONE, "b": ONE[:0]}, rate=100, packages="x 1.0")
    assert manifest.pop("sha256") == RaggedStore(tmp_path / "x.json").sha256
    assert manifest == {"utterances": 2, "frames": 2, "dim": 3, "attributes": {"rate": 100}}
    with h5py.File(tmp_path / "x.h5") as file:
        assert (file.attrs["rate"], file.attrs["packages"]) == (100, "x 1.0")
        assert file["values"].chunks is None


def test_the_hash_is_that_of_the_content(tmp_path):
    first = write(tmp_path / "x.h5", {"a": ONE, "b": ONE}, packages="x 1.0")["sha256"]
    same = write(tmp_path / "y.h5", {"a": ONE, "b": ONE}, packages="x 1.1")["sha256"]
    others = [
        {"a": ONE, "c": ONE},
        {"a": ONE, "b": 2 * ONE},
        {"a": ONE[:1], "b": np.ones((3, 3), np.float32)},
    ]
    hashes = {write(tmp_path / "z.h5", sequences)["sha256"] for sequences in others}
    assert first == same
    assert len(hashes | {first}) == 4


def test_sequences_are_mapped_and_cannot_be_written_to(tmp_path):
    write(tmp_path / "x.h5", {"a": ONE})
    with pytest.raises(ValueError, match="read-only"):
        RaggedStore(tmp_path / "x.h5")["a"][0] = 0


@pytest.mark.parametrize(
    ("lengths", "sequence", "message"),
    [
        ([2], np.ones((3, 3), np.float32), r"\(3, 3\), expected \(2, 3\)"),
        ([2], np.ones((2, 4), np.float32), r"\(2, 4\), expected \(2, 3\)"),
        ([1], np.array([[0, np.inf, 0]], np.float32), "not finite"),
    ],
)
def test_a_wrong_sequence_is_named_and_leaves_nothing(tmp_path, lengths, sequence, message):
    with pytest.raises(DataError, match=f"Ses01 has features .*{message}"):
        write_ragged(tmp_path / "x.h5", ["Ses01"], lengths, [sequence], 3, {})
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_file_before_as_it_was(tmp_path):
    def failing():
        yield ONE
        raise DataError("bad file")

    write(tmp_path / "x.h5", {"a": ONE})
    with pytest.raises(DataError, match="bad file"):
        write_ragged(tmp_path / "x.h5", ["b", "c"], [2, 2], failing(), 3, {})
    assert RaggedStore(tmp_path / "x.h5").ids == ["a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.h5", "x.json"]


def test_an_id_that_stands_there_twice_is_refused(tmp_path):
    with pytest.raises(DataError, match="a stands more than once"):
        write_ragged(tmp_path / "x.h5", ["b", "a", "a"], [0, 0, 0], [ONE[:0]] * 3, 3, {})


def test_an_unknown_utterance_is_named(tmp_path):
    write(tmp_path / "x.h5", {"a": ONE})
    with pytest.raises(DataError, match=r"x.h5: no features of nobody"):
        RaggedStore(tmp_path / "x.h5")["nobody"]


def damage(kind, path):
    if kind == "missing":
        path.unlink()
    elif kind == "text":
        path.write_text("not HDF5")
    elif kind == "cut off":
        path.write_bytes(path.read_bytes()[:-30])
    else:
        with h5py.File(path, "a") as file:
            if kind == "no features":
                del file["values"]
            elif kind == "compressed":
                del file["values"]
                file.create_dataset("values", data=ONE, compression="gzip")
            else:
                file["lengths"][0] = 3


@pytest.mark.parametrize(
    "kind", ["missing", "text", "cut off", "no features", "compressed", "inconsistent"]
)
def test_a_file_that_is_no_feature_file_is_refused(tmp_path, kind):
    write(tmp_path / "x.h5", {"a": ONE})
    damage(kind, tmp_path / "x.h5")
    with pytest.raises(DataError, match=r"x.h5: "):
        RaggedStore(tmp_path / "x.h5")


def test_a_text_file_gives_word_vectors(tmp_path):
    embedding = np.array([[0, 0], [1, 2], [3, 4]], np.float32)
    tokens = [np.array([2, 1, 2]), np.array([], int)]
    write_tokens(tmp_path / "t.h5", ["a", "b"], tokens, ["", "no", "ñandú"], embedding, {})
    store = RaggedStore(tmp_path / "t.json")
    assert store.dim == 2
    np.testing.assert_array_equal(store["a"], [[3, 4], [1, 2], [3, 4]])
    assert store["b"].shape == (0, 2)
    with h5py.File(tmp_path / "t.h5") as file:
        assert file["tokens"][:].tolist() == [2, 1, 2]
        assert file["words"].asstr()[:].tolist() == ["", "no", "ñandú"]


def test_the_hash_of_a_text_file_covers_words_and_vectors(tmp_path):
    def sha256(tokens=(1, 2), words=("", "a", "b"), value=1.0):
        embedding = np.full((3, 2), value, np.float32)
        write_tokens(tmp_path / "t.h5", ["u"], [np.array(tokens)], words, embedding, {})
        return RaggedStore(tmp_path / "t.h5").sha256

    assert sha256() == sha256()
    assert len({sha256(), sha256((2, 1)), sha256(words=("", "a", "c")), sha256(value=2.0)}) == 4


def test_a_token_without_a_vector_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"expected 0 \.\.\. 1"):
        write_tokens(tmp_path / "t.h5", ["u"], [np.array([2])], ["", "a"], np.zeros((2, 3)), {})
