"""Ragged feature files."""

import fcntl
import json

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emofusion.errors import DataError
from emofusion.features.store.read import RaggedStore
from emofusion.features.store.write import join_shards, write_ragged, write_tokens

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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
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
    assert manifest.pop("sha256") == RaggedStore(tmp_path / "x.h5").sha256
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
        ([2], np.ones((2, 4), np.float32), r"\(2, 4\), expected \(frames, 3\)"),
        ([2], np.ones(2, np.float32), r"\(2,\), expected \(frames, 3\)"),
        ([1], np.array([[0, np.inf, 0]], np.float32), "not finite"),
        ([1], np.array([[0, 1e39, 0]]), "not finite"),
    ],
)
def test_a_wrong_sequence_is_named_and_leaves_nothing(tmp_path, lengths, sequence, message):
    with pytest.raises(DataError, match=f"Ses01 has features .*{message}"):
        write_ragged(tmp_path / "x.h5", ["Ses01"], lengths, [sequence], 3, {})
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_width_is_no_matter_of_the_probe(tmp_path):
    with pytest.raises(DataError) as refused:
        write_ragged(tmp_path / "x.h5", ["a"], [2], [np.ones((2, 4), np.float32)], 3, {})
    assert "probe" not in str(refused.value)


def test_a_feature_file_is_not_named_as_its_manifest(tmp_path):
    with pytest.raises(DataError, match=r"x\.json: .*\.h5"):
        write(tmp_path / "x.json", {"a": ONE})
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
    with pytest.raises(DataError, match="a is listed more than once"):
        write_ragged(tmp_path / "x.h5", ["b", "a", "a"], [0, 0, 0], [ONE[:0]] * 3, 3, {})


def test_an_unknown_utterance_is_named(tmp_path):
    write(tmp_path / "x.h5", {"a": ONE})
    with pytest.raises(DataError, match=r"x.h5: no features of nobody"):
        RaggedStore(tmp_path / "x.h5")["nobody"]


def test_a_file_is_opened_as_it_is_named(tmp_path):
    write(tmp_path / "x.h5", {"a": ONE})
    write(tmp_path / "x.v2.hdf5", {"a": 2 * ONE})
    np.testing.assert_array_equal(RaggedStore(tmp_path / "x.v2.hdf5")["a"], 2 * ONE)
    with pytest.raises(DataError, match=r"x: no such file"):
        RaggedStore(tmp_path / "x")
    with pytest.raises(DataError, match=r"x\.json: is a manifest; open .*x\.h5"):
        RaggedStore(tmp_path / "x.json")


def linked(path):
    write(path.with_name("other.h5"), {"a": ONE})
    with h5py.File(path, "a") as file:
        del file["values"]
        file["values"] = h5py.ExternalLink("other.h5", "/nothing")


def changed(**datasets):
    def damage(path):
        with h5py.File(path, "a") as file:
            for name, values in datasets.items():
                del file[name]
                if values is not None:
                    file[name] = values

    return damage


def compressed(path):
    with h5py.File(path, "a") as file:
        del file["values"]
        file.create_dataset("values", data=ONE, compression="gzip")


def unwritten(path):
    with h5py.File(path, "a") as file:
        del file["values"]
        file.create_dataset("values", (2, 3), np.float32)  # which h5py reads as zeros


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.write_text("not HDF5"), "is text, expected an HDF5 file; delete it"),
        (lambda path: path.write_bytes(b""), "is an empty file, expected an HDF5 file; delete it"),
        (lambda path: path.write_bytes(path.read_bytes()[:-30]), "is cut off; .*delete it"),
        (changed(values=None), "no dataset `values`; found ids, lengths, offsets"),
        (changed(values=ONE.astype(float)), "`values` holds float64, expected float32"),
        (changed(lengths=np.array([3])), "gives? a the frames 0 to 3, but there are 2"),
        (changed(lengths=np.array([2, 1])), "1 ids, 2 lengths and 1 offsets"),
        (compressed, "`values` is chunked or compressed"),
        (unwritten, "`values` has the shape .* but was never written"),
        (linked, "`values` is a broken link"),
    ],
)
def test_a_file_that_is_no_feature_file_is_refused(tmp_path, damage, message):
    write(tmp_path / "x.h5", {"a": ONE})
    damage(tmp_path / "x.h5")
    with pytest.raises(DataError, match=rf"x\.h5: .*{message}"):
        RaggedStore(tmp_path / "x.h5")


def test_a_file_that_another_program_writes_is_not_to_be_extracted_again(tmp_path):
    write(tmp_path / "x.h5", {"a": ONE})
    with (tmp_path / "x.h5").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(DataError, match=r"x\.h5: is locked.*HDF5_USE_FILE_LOCKING") as refused:
            RaggedStore(tmp_path / "x.h5")
    assert "extracted again" not in str(refused.value)


def test_where_files_cannot_be_locked_the_variable_to_set_is_named(tmp_path):
    with (tmp_path / ".x.h5.tmp").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(DataError, match=r"x\.h5.*HDF5_USE_FILE_LOCKING=FALSE"):
            write(tmp_path / "x.h5", {"a": ONE})


def test_a_text_file_gives_word_vectors(tmp_path):
    embedding = np.array([[0, 0], [1, 2], [3, 4]], np.float32)
    tokens = [np.array([2, 1, 2]), np.array([], int)]
    write_tokens(tmp_path / "t.h5", ["a", "b"], tokens, ["", "no", "ñandú"], embedding, {})
    store = RaggedStore(tmp_path / "t.h5")
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


def shards(folder, *parts, **attributes):
    """Shard files of some sequences each, and a folder beside them for what joins them."""
    paths = [folder / f"shards/{number}/x.h5" for number in range(len(parts))]
    for path, sequences in zip(paths, parts, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, sequences, **attributes)
    return folder / "features/x.h5", paths


def test_frames_are_no_words(tmp_path):
    write(tmp_path / "x.h5", {"a": ONE})
    with pytest.raises(DataError, match=r"x\.h5: holds frames"):
        RaggedStore(tmp_path / "x.h5").tokens("a")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(SEQUENCES, st.data())
def test_joined_shards_show_the_wanted_sequences_as_they_were(tmp_path, case, data):
    dim, sequences = case
    owner = {key: data.draw(st.integers(0, 2)) for key in sequences}
    parts = [{k: v for k, v in sequences.items() if owner[k] == n} for n in range(3)]
    wanted = data.draw(st.permutations(list(sequences)))[: data.draw(st.integers(0, 9))]
    path, paths = shards(tmp_path, *parts, dim=dim)
    join_shards(path, paths, wanted)
    store = RaggedStore(path)
    assert (store.ids, store.dim) == (wanted, dim)
    for utterance in wanted:
        np.testing.assert_array_equal(store[utterance], sequences[utterance])


def test_a_joined_file_holds_no_values_itself_and_reads_like_any_other(tmp_path):
    path, paths = shards(tmp_path, {"a": ONE}, {"b": 2 * ONE, "c": 3 * ONE}, rate=100)
    join_shards(path, paths, ["c", "a"])
    assert path.stat().st_size < 20_000
    (tmp_path / "shards").rename(tmp_path / "moved")
    with pytest.raises(DataError, match=r"features/x.h5: .*shards/0/x.h5, which is missing"):
        RaggedStore(path)
    (tmp_path / "moved").rename(tmp_path / "shards")
    with h5py.File(path) as file:
        start = file["offsets"][0]
        np.testing.assert_array_equal(file["values"][start : start + 2], 3 * ONE)
    manifest = json.loads(path.with_suffix(".json").read_text())
    assert (manifest["utterances"], manifest["frames"]) == (2, 4)
    assert manifest["attributes"] == {"rate": 100}


def test_without_its_shards_a_joined_file_reads_as_not_a_number(tmp_path):
    path, paths = shards(tmp_path, {"a": ONE}, {"b": 2 * ONE})
    join_shards(path, paths, ["a", "b"])
    paths[1].unlink()
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["values"][:2], ONE)
        assert np.isnan(file["values"][2:]).all()
    with pytest.raises(DataError, match=r"features/x\.h5: .*shards/1/x\.h5, which is missing"):
        RaggedStore(path)


def test_an_utterance_s_place_is_its_shard_first_row_and_length(tmp_path):
    path, paths = shards(tmp_path, {"a": ONE}, {"b": 2 * ONE, "c": 3 * ONE[:1]})
    join_shards(path, paths, ["c", "a"])
    store = RaggedStore(path)
    assert [tuple(store.place(utterance)) for utterance in "ca"] == [(1, 2, 1), (0, 0, 2)]
    np.testing.assert_array_equal(store.parts[1], [[2] * 3, [2] * 3, [3] * 3])


def test_a_shard_that_changed_after_the_join_is_noticed(tmp_path):
    path, paths = shards(tmp_path, {"a": ONE}, {"b": ONE})
    join_shards(path, paths, ["a", "b"])
    write(paths[1], {"b": 2 * ONE})
    with pytest.raises(DataError, match=r"shards/1/x.h5: .*not what was joined"):
        RaggedStore(path)


def test_a_damaged_shard_is_noticed_before_anything_is_made_of_it(tmp_path):
    path, paths = shards(tmp_path, {"a": ONE}, {"b": ONE})
    content = bytearray(paths[1].read_bytes())
    place = content.index(ONE.tobytes())
    content[place] ^= 1  # one bit, of one value
    paths[1].write_bytes(content)
    with pytest.raises(DataError, match=r"shards/1/x.h5: is damaged.*delete it"):
        join_shards(path, paths, ["a", "b"])
    assert not path.exists()


def test_shards_that_were_made_differently_are_not_joined(tmp_path):
    path, paths = shards(tmp_path, {"a": ONE}, {"b": ONE}, rate=100)
    write(paths[1], {"b": ONE}, rate=50)
    with pytest.raises(DataError, match=r"shards/1/x.h5: was not made like"):
        join_shards(path, paths, ["a", "b"])


def test_an_utterance_in_no_shard_is_named(tmp_path):
    path, paths = shards(tmp_path, {"a": ONE})
    with pytest.raises(DataError, match="no shard has features of b"):
        join_shards(path, paths, ["a", "b"])
