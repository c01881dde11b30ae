"""A user's own feature file."""

import os
import pickle

import h5py
import numpy as np
import pytest

from emofusion.errors import DataError
from emofusion.features.store.own import copy_features
from emofusion.features.store.read import RaggedStore
from emofusion.features.store.write import join_shards, write_ragged, write_tokens

ONE = np.ones((2, 3), np.float32)
VALUES = np.arange(20, dtype=np.float32).reshape(5, 4)
FILE = {
    "ids": ["u1", "u2"],
    "lengths": np.array([3, 2]),
    "offsets": np.array([0, 3]),
    "values": VALUES,
}


def by_hand(path, attributes=(), **changes):
    """A feature file made with h5py after docs/extend.md; None leaves a dataset out."""
    with h5py.File(path, "w") as file:
        for name, values in (FILE | changes).items():
            if isinstance(values, dict):
                file.create_dataset(name, **values)
            elif values is not None:
                file[name] = values
        file.attrs.update(dict(attributes))
    return path


def write(path, sequences, **attributes):
    lengths = [len(sequence) for sequence in sequences.values()]
    write_ragged(path, list(sequences), lengths, sequences.values(), 3, attributes)
    return path


def copied(source, ids=("u2", "u1")):
    """Take some utterances over into a file of ours."""
    target = source.with_name("results") / "audio.h5"
    copy_features(source, target, list(ids))
    return RaggedStore(target)


def test_features_are_copied_in_the_order_asked_for_with_what_is_known_of_them(tmp_path):
    write(tmp_path / "mine.h5", {"a": ONE, "b": 2 * ONE[:1], "c": ONE}, max_length=7)
    store = copied(tmp_path / "mine.h5", ["b", "a"])
    assert store.ids == ["b", "a"]
    np.testing.assert_array_equal(store["b"], 2 * ONE[:1])
    assert store.attributes == {"extractor": "one's own features", "max_length": 7}


def test_without_a_maximum_of_its_own_a_copy_has_the_longest_sequence_s(tmp_path):
    write(tmp_path / "mine.h5", {"a": ONE, "b": ONE[:1], "c": np.ones((9, 3), np.float32)})
    assert copied(tmp_path / "mine.h5", ["b", "a"]).attributes["max_length"] == 2


@pytest.mark.parametrize(
    "name", ["wavlm.hdf5", "wavlm", "WAVLM.H5", "wavlm.base.v2", "wavlm.json.h5", "a b.h5"]
)
def test_a_file_is_read_as_it_is_named_whatever_lies_beside_it(tmp_path, name):
    by_hand(tmp_path / name)
    other = (tmp_path / name).with_suffix(".h5")
    if other.name != name:
        by_hand(other, values=9 * VALUES)
    np.testing.assert_array_equal(copied(tmp_path / name)["u1"], VALUES[:3])


@pytest.mark.parametrize(
    "changes",
    [
        {"values": VALUES.astype(np.float64)},
        {"values": VALUES.astype(np.float16)},
        {"values": VALUES.astype(">f4")},
        {"values": VALUES.astype(np.int8)},
        {"values": {"data": VALUES, "chunks": (2, 3)}},
        {"values": {"data": VALUES, "compression": "gzip"}},
        {"ids": np.array([b"u1", b"u2"])},
        {"lengths": np.array([3, 2], np.uint8), "offsets": np.array([0, 3], ">i4")},
    ],
)
def test_numbers_and_texts_of_any_type_are_read(tmp_path, changes):
    store = copied(by_hand(tmp_path / "mine.h5", **changes))
    assert store["u1"].dtype == np.float32
    np.testing.assert_array_equal(store["u1"], VALUES[:3])
    np.testing.assert_array_equal(store["u2"], VALUES[3:])


def test_a_user_s_file_needs_no_attribute_and_keeps_those_that_it_has(tmp_path):
    assert copied(by_hand(tmp_path / "a.h5")).attributes["max_length"] == 3
    known = {"encoder": np.bytes_(b"wavlm"), "max_length": np.int64(2), "note": h5py.Empty("S1")}
    attributes = copied(by_hand(tmp_path / "b.h5", known)).attributes
    assert (attributes["encoder"], attributes["max_length"], attributes["note"]) == ("wavlm", 2, "")


def values_with(place, value):
    values = VALUES.astype(float)
    values[place] = value
    return values


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": VALUES[:, 0]}, r"`values` has the shape \[5\], expected \[frame, feature\]"),
        ({"values": VALUES[None]}, r"`values` has the shape \[1, 5, 4\], expected \[frame"),
        ({"values": VALUES[:, :0]}, r"`values` has the shape \[5, 0\]"),
        ({"values": VALUES.astype(complex)}, "`values` holds complex128, expected numbers"),
        ({"values": VALUES.astype(bool)}, "`values` holds bool, expected numbers"),
        ({"values": h5py.Empty("f4")}, r"`values` has no shape, expected \[frame, feature\]"),
        ({"values": None}, "no dataset `values`; found ids, lengths, offsets, expected ids"),
        ({"ids": None}, "no dataset `ids`; found lengths, offsets, values"),
        ({"values": values_with((4, 1), np.nan)}, "`values` .* frame 1 of u2 .* not finite"),
        ({"values": values_with((0, 0), -np.inf)}, "`values` .* frame 0 of u1 .* not finite"),
        ({"values": values_with((2, 3), 1e39)}, "`values` .* frame 2 of u1 .*large for float32"),
        ({"lengths": np.array([3.0, 2.0])}, "`lengths` holds float64, expected whole numbers"),
        ({"lengths": np.array([[3, 2]])}, r"`lengths` has the shape \[1, 2\], expected one axis"),
        ({"lengths": np.array([3, -2])}, "`lengths` has -2 for u2, expected 0 or more"),
        ({"lengths": np.array([3])}, "2 ids, 1 lengths and 2 offsets"),
        ({"lengths": np.array([3, 0])}, "a length of 0 for 1 of 2 .* the first is u2"),
        ({"offsets": np.array([0.0, 3.0])}, "`offsets` holds float64, expected whole numbers"),
        ({"offsets": np.array([0, -1])}, "`offsets` has -1 for u2, expected 0 or more"),
        ({"offsets": np.array([3, 5])}, "give u1 the frames 3 to 6, but there are 5"),
        ({"offsets": np.array([0, 2**63 - 1])}, "give u2 the frames 9223372036854775807 to"),
        ({"lengths": np.array([3, 2**63 - 1])}, "give u2 the frames 3 to 9223372036854775810, but"),
        ({"offsets": np.array([0, 2**64 - 2], np.uint64)}, "`offsets` has -2 for u2"),
        ({"offsets": np.array([0, 2])}, "give u1 and u2 the same frames"),
        ({"offsets": None}, "no dataset `offsets`"),
        ({"ids": [1, 2]}, "`ids` holds int64, expected text"),
        ({"ids": ["u1", "u1"]}, "`ids` has u1 more than once"),
        ({"ids": np.array([b"u\xe9", b"u2"])}, "`ids` is not UTF-8 text"),
        ({"ids": ["u1.wav", "u2.wav"]}, r"no features of 2 of 2 .* \(its ids: u1.wav, u2.wav"),
        ({"ids": np.zeros(0, "S2"), "lengths": np.zeros(0, int), "offsets": np.zeros(0, int)},
         r"no features of 2 of 2 .* \(its ids: none"),
        ({"values": {"shape": (5, 4), "dtype": "f4"}}, "`values` .* was never written"),
        ({"lengths": {"shape": (2,), "dtype": "i8"}}, "`lengths` .* was never written"),
        ({"values": h5py.SoftLink("/frames")}, "`values` is a broken link"),
        ({"values": h5py.ExternalLink("x.h5", "/v")}, "`values` is a broken link"),
        ({"values": {"shape": (5, 4), "dtype": "f4", "external": [("x.bin", 0, 80)]}},
         r"`values` is stored outside the file \(x.bin\)"),
    ],
)  # fmt: skip
def test_a_slip_in_a_file_made_by_hand_is_named(tmp_path, changes, message):
    by_hand(tmp_path / "mine.hdf5", **changes)
    with pytest.raises(DataError, match=rf"mine\.hdf5: .*{message}") as refused:
        copied(tmp_path / "mine.hdf5")
    assert "extracted again" not in str(refused.value)
    assert not (tmp_path / "results").exists() or not list((tmp_path / "results").iterdir())


def test_chunks_that_were_never_written_are_not_zeros(tmp_path):
    by_hand(tmp_path / "mine.h5", values={"shape": (5, 4), "dtype": "f4", "chunks": (2, 4)})
    with h5py.File(tmp_path / "mine.h5", "a") as file:
        file["values"][:2] = 1
    with pytest.raises(DataError, match="`values` was written in part: 1 of 3 chunks"):
        copied(tmp_path / "mine.h5")


def test_one_dataset_for_each_utterance_is_named_as_such(tmp_path):
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        for number in range(9):
            file[f"u{number}"] = ONE
    with pytest.raises(DataError, match=r"no dataset `values`; found u0, u1, .*u5, \.\.\. \(9\)"):
        copied(tmp_path / "mine.h5")
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["values/u1"] = ONE
    with pytest.raises(DataError, match="`values` is a group, expected a dataset"):
        copied(tmp_path / "mine.h5")


@pytest.mark.parametrize("value", [0, 2.5, "long", True])
def test_a_maximum_that_is_no_number_of_frames_is_refused(tmp_path, value):
    by_hand(tmp_path / "mine.h5", {"max_length": value})
    with pytest.raises(DataError, match=r"mine.h5: .*`max_length` is .*, expected a whole number"):
        copied(tmp_path / "mine.h5")


def test_an_attribute_in_another_encoding_is_named(tmp_path):
    by_hand(tmp_path / "mine.h5", {"author": np.bytes_("Gérard".encode("latin-1"))})
    with pytest.raises(DataError, match="the attribute `author` is not UTF-8 text"):
        copied(tmp_path / "mine.h5")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (pickle.dumps({"u1": [1.0]}), "a pickle"),
        (b"PK\x03\x04" + bytes(40), "a zip archive, as numpy.savez, torch.save"),
        (b"\x93NUMPY\x01\x00", r"a NumPy array \(.npy\)"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"u1,1.0,2.0\n", "text"),
        (bytes(600), "nothing but zero bytes"),
        (b"\x00\x01\x02", "binary data"),
    ],
)
def test_what_is_no_hdf5_file_is_named_by_what_it_is(tmp_path, content, kind):
    (tmp_path / "mine.h5").write_bytes(content)
    with pytest.raises(DataError, match=rf"mine\.h5: is {kind}.*, expected an HDF5 file; fix"):
        copied(tmp_path / "mine.h5")


def test_a_folder_and_a_file_that_is_cut_off_are_named(tmp_path):
    (tmp_path / "folder.h5").mkdir()
    with pytest.raises(DataError, match=r"folder\.h5: is a folder, expected an HDF5 file"):
        copied(tmp_path / "folder.h5")
    path = by_hand(tmp_path / "mine.h5")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match=r"mine\.h5: is cut off"):
        copied(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_to_read_is_named(tmp_path):
    by_hand(tmp_path / "mine.h5").chmod(0)
    with pytest.raises(DataError, match=r"mine\.h5: cannot be read \(Permission denied\)"):
        copied(tmp_path / "mine.h5")


def test_a_file_that_is_open_for_writing_is_to_be_closed(tmp_path):
    with h5py.File(tmp_path / "mine.h5", "w", libver="latest") as file:
        file["values"] = VALUES
        file.flush()
        (tmp_path / "copy.h5").write_bytes((tmp_path / "mine.h5").read_bytes())
    with pytest.raises(DataError, match=r"copy\.h5: was not closed by the program that writes it"):
        copied(tmp_path / "copy.h5")


def test_a_joined_file_of_ours_may_be_given_with_its_shards_and_not_without(tmp_path):
    shard = write(tmp_path / "shards/x.h5", {"u1": ONE, "u2": 2 * ONE})
    (tmp_path / "features").mkdir()
    join_shards(tmp_path / "features/x.h5", [shard], ["u1", "u2"])
    np.testing.assert_array_equal(copied(tmp_path / "features/x.h5")["u2"], 2 * ONE)
    shard.unlink()
    with pytest.raises(DataError, match=r"features/x\.h5: .*shards/x\.h5, which is missing"):
        copied(tmp_path / "features/x.h5")


def test_a_user_s_virtual_dataset_is_refused(tmp_path):
    by_hand(tmp_path / "frames.h5")
    layout = h5py.VirtualLayout((5, 4), np.float32)
    layout[:3] = h5py.VirtualSource("frames.h5", "values", (5, 4))[:3]
    with h5py.File(by_hand(tmp_path / "mine.h5", values=None), "a") as file:
        file.create_virtual_dataset("values", layout)
    with pytest.raises(DataError, match=r"mine\.h5: .*`values` is a virtual dataset"):
        copied(tmp_path / "mine.h5")
    layout = h5py.VirtualLayout((2,), np.int64)
    with h5py.File(by_hand(tmp_path / "mine.h5", lengths=None), "a") as file:
        file.create_virtual_dataset("lengths", layout)
    with pytest.raises(DataError, match=r"mine\.h5: .*`lengths` is a virtual dataset"):
        copied(tmp_path / "mine.h5")


def test_words_with_their_vectors_become_frames(tmp_path):
    embedding = np.array([[0, 0], [1, 2], [3, 4]], np.float32)
    write_tokens(tmp_path / "t.h5", ["u1"], [np.array([2, 1])], ["", "a", "b"], embedding, {})
    np.testing.assert_array_equal(copied(tmp_path / "t.h5", ["u1"])["u1"], [[3, 4], [1, 2]])
    with h5py.File(tmp_path / "t.h5", "a") as file:
        file["tokens"][0] = -1
    with pytest.raises(DataError, match=r"t\.h5: .*`tokens` has -1 to 1, expected rows .* 0 to 2"):
        copied(tmp_path / "t.h5", ["u1"])
