"""The baselines' prepared folds."""

import pickle
import struct
import tracemalloc

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emofusion.corpora.prepared import reading
from emofusion.corpora.prepared.features import write_features
from emofusion.corpora.prepared.folds import fold_folders, folds_fingerprint
from emofusion.corpora.prepared.reading import (
    IEMOCAP_COUNTS,
    class_order,
    read_folds,
)
from emofusion.corpora.prepared.replay import confirm, confirmation_text
from emofusion.errors import DataError
from emofusion.features.store.read import RaggedStore
from emofusion.schemas import UTTERANCES
from emofusion.splits.published import published_split

NAMES = ["neu", "ang", "sad"]
LABELS = [0, 1, 1, 2, 2, 2]
TIMES = {"audio_mfcc": 6, "video": 3, "nlp_trans": 4}
VALID = {
    "audio_mfcc": [6, 1, 3, 9, 2, 4],  # the fourth was cut to 6
    "video": [0, 3, 1, 2, 0, 3],
    "nlp_trans": [2, 4, 1, 1, 3, 2],
}
DIMS = {"audio_mfcc": 4, "video": 5}
# Rows of each partition in two folds: utterance 0, without a video frame, is row 0 of both tests.
FOLDS = {
    1: {"train": [1, 2, 3], "dev": [4], "test": [0, 5]},
    2: {"train": [5, 4, 3], "dev": [1, 2], "test": [0]},
}


@pytest.fixture
def corpus():
    """Six utterances as padded arrays, a row each."""
    generator = np.random.default_rng(1)
    arrays = {"label": np.array(LABELS), "audio_prosody": generator.normal(size=(6, 35))}
    for name, dim in DIMS.items():
        arrays[name] = generator.normal(size=(6, TIMES[name], dim)).astype(np.float32)
        for row, length in zip(arrays[name], VALID[name], strict=True):
            row[length:] = 0
    arrays["nlp_trans"] = generator.integers(1, 9, (6, 4))
    for row, length in zip(arrays["nlp_trans"], VALID["nlp_trans"], strict=True):
        row[length:] = 0
    arrays["audio_seqN"] = np.array(VALID["audio_mfcc"], np.float64)
    arrays["video_seqN"] = np.array(VALID["video"])[:, None]
    return arrays


@pytest.fixture
def root(tmp_path, corpus):
    return write_folds(tmp_path / "seven_category_120", corpus)


def write_folds(root, corpus, folds=FOLDS):
    for fold, partitions in folds.items():
        folder = root / "folds" / f"fold0{fold}"
        folder.mkdir(parents=True)
        for partition, rows in partitions.items():
            for name, array in corpus.items():
                np.save(folder / f"{partition}_{name}.npy", array[rows])
    embedding = np.random.default_rng(2).normal(size=(9, 3)).astype(np.float32)
    embedding[0] = 0
    np.save(root / "W_embedding.npy", embedding)
    return root


def read(root):
    return read_folds(root, class_order=NAMES)


def array_of(root, name, fold=1, partition="train"):
    return root / "folds" / f"fold0{fold}" / f"{partition}_{name}.npy"


def test_the_table_holds_each_utterance_once_in_the_order_of_the_first_fold(root):
    utterances, _ = read(root)
    order = [1, 2, 3, 4, 0, 5]
    assert list(utterances)[: len(UTTERANCES)] == UTTERANCES
    assert utterances["utterance_id"].str.fullmatch("yoon_[0-9a-f]{16}").all()
    assert utterances["utterance_id"].is_unique
    assert list(utterances["label"]) == [NAMES[LABELS[i]] for i in order]
    assert list(utterances["tokens"]) == [VALID["nlp_trans"][i] for i in order]
    assert list(utterances["audio_frames"]) == [min(VALID["audio_mfcc"][i], 6) for i in order]
    assert list(utterances["video_frames"]) == [VALID["video"][i] for i in order]
    assert utterances[["fold", "partition", "row"]].to_numpy().tolist() == [
        [1, "train", 0],
        [1, "train", 1],
        [1, "train", 2],
        [1, "dev", 0],
        [1, "test", 0],
        [1, "test", 1],
    ]


def test_what_the_folds_do_not_say_is_left_open(root):
    utterances, _ = read(root)
    assert (utterances[["dialog", "speaker", "gender", "transcript", "audio_path"]] == "").all(
        axis=None
    )
    assert utterances[["start", "end", "valence", "activation", "dominance"]].isna().all(axis=None)
    assert (utterances["session"] == 0).all()


def test_partitions_are_kept_and_an_utterance_has_one_id_in_all_folds(root):
    utterances, folds = read(root)
    ids = dict(zip([1, 2, 3, 4, 0, 5], utterances["utterance_id"], strict=True))
    for fold, partitions in FOLDS.items():
        assert list(folds[fold].itertuples(index=False, name=None)) == [
            (ids[i], partition, NAMES[LABELS[i]])
            for partition, rows in partitions.items()
            for i in rows
        ]


def test_an_utterance_without_a_video_frame_is_reported_even_in_row_0(root):
    utterances, _ = read(root)
    without = utterances[utterances["video_frames"] == 0]
    assert without[["partition", "row"]].to_numpy().tolist() == [["dev", 0], ["test", 0]]


def test_the_feature_files_hold_exactly_the_valid_frames_and_words(root, corpus, tmp_path):
    utterances, _ = read(root)
    for modality in ("audio", "vision", "text", "prosody"):
        write_features(utterances, root, modality, tmp_path / f"{modality}.h5")
    stores = {path.stem: RaggedStore(path) for path in tmp_path.glob("*.h5")}
    embedding = np.load(root / "W_embedding.npy")
    for row in utterances.itertuples():
        i = FOLDS[row.fold][row.partition][row.row]
        expected = {
            "audio": corpus["audio_mfcc"][i, : VALID["audio_mfcc"][i]],
            "vision": corpus["video"][i, : VALID["video"][i]],
            "text": embedding[corpus["nlp_trans"][i, : VALID["nlp_trans"][i]]],
            "prosody": corpus["audio_prosody"][i : i + 1].astype(np.float32),
        }
        assert stores.keys() == expected.keys()
        for modality, store in stores.items():
            np.testing.assert_array_equal(store[row.utterance_id], expected[modality])
            assert store.ids == list(utterances["utterance_id"])


def test_words_are_named_by_their_rows(root, tmp_path):
    write_features(read(root)[0], root, "text", tmp_path / "t.h5")
    with h5py.File(tmp_path / "t.h5") as file:
        assert list(file["words"].asstr()) == ["", *(f"w{row}" for row in range(1, 9))]
        assert file.attrs["extractor"] == "prepared features of the baselines"


def test_features_follow_the_order_of_the_selection(root, corpus, tmp_path):
    selected = read(root)[0].iloc[[5, 0, 3]]
    write_features(selected, root, "audio", tmp_path / "a.h5")
    store = RaggedStore(tmp_path / "a.h5")
    assert store.ids == list(selected["utterance_id"])
    for utterance, i in zip(store.ids, [5, 1, 4], strict=True):
        np.testing.assert_array_equal(
            store[utterance], corpus["audio_mfcc"][i, : VALID["audio_mfcc"][i]]
        )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("label", lambda array: array[:, None]),
        ("label", lambda array: array.astype(np.float32)),
        ("label", lambda array: np.eye(3)[array]),
        ("audio_seqN", lambda array: array.astype(np.int16)),
        ("video_seqN", lambda array: array[:, 0].astype(np.float32)),
        ("nlp_trans", lambda array: array.astype(np.float64)),
        ("video", lambda array: array.astype(np.float64)),
    ],
)
def test_a_number_means_the_same_in_whatever_form_it_is_kept(tmp_path, corpus, name, change):
    expected, _ = read(write_folds(tmp_path / "a", corpus))
    found, _ = read(write_folds(tmp_path / "b", corpus | {name: change(corpus[name])}))
    assert found.equals(expected)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("label", 3, 1),
        ("nlp_trans", (3, 1), 5),
        ("audio_seqN", 1, 2),
        ("audio_mfcc", (3, 5, 3), 0),
        ("video", (3, 1, 4), 0),
    ],
)
def test_a_change_of_any_valid_content_makes_another_utterance(
    tmp_path, corpus, name, index, value
):
    before = set(read(write_folds(tmp_path / "a", corpus))[0]["utterance_id"])
    corpus[name][index] = value
    after = set(read(write_folds(tmp_path / "b", corpus))[0]["utterance_id"])
    assert len(before - after) == len(after - before) == 1


def test_padding_is_no_content_but_values_in_it_are_warned_of(root, tmp_path, caplog):
    before, _ = read(root)
    path = array_of(root, "audio_mfcc")
    array = np.load(path)
    array[0, 1:] = 7  # utterance 1 has one valid frame
    np.save(path, array)
    assert read(root)[0].equals(before)
    write_features(before, root, "audio", tmp_path / "a.h5")
    assert "audio: 1 utterances are not zero beyond their valid frames" in caplog.text


def test_repeated_content_is_numbered_alike_in_all_folds(tmp_path, corpus, caplog):
    for array in corpus.values():
        array[5] = array[4]
    utterances, folds = read(write_folds(tmp_path / "c", corpus))
    first, second = utterances["utterance_id"].iloc[[3, 5]]
    assert second == f"{first}_2"
    assert len(utterances) == 6
    assert set(folds[1]["utterance_id"]) == set(folds[2]["utterance_id"])
    assert "fold 1: 1 utterances repeat the content of another" in caplog.text


def test_folds_with_different_utterances_are_warned_of(root, caplog):
    read(root)
    assert not caplog.records
    path = array_of(root, "audio_mfcc", fold=2)
    np.save(path, np.load(path) + 1)
    assert len(read(root)[0]) == 9
    assert "6 utterances are in only one of the folds 1 and 2" in caplog.text


@pytest.mark.parametrize("inside", [".", "folds", ".."])
def test_folds_are_found_from_above_and_from_within(root, inside):
    folders = fold_folders((root / inside).resolve())
    assert folders == {fold: root / "folds" / f"fold0{fold}" for fold in (1, 2)}


def test_no_folds_is_an_error_with_what_was_expected(tmp_path):
    with pytest.raises(DataError, match=r"expected the folders fold01 \.\.\. fold05"):
        fold_folders(tmp_path)


@pytest.mark.parametrize("name", ["label", "video", "audio_seqN"])
def test_a_missing_array_is_named(root, name):
    array_of(root, name, fold=2, partition="dev").unlink()
    with pytest.raises(DataError, match=rf"fold02/dev_{name}\.npy: no such file"):
        fold_folders(root)


def test_prosody_is_asked_for_only_when_it_is_used(root, tmp_path):
    array_of(root, "audio_prosody").unlink()
    utterances, _ = read(root)
    with pytest.raises(DataError, match=r"train_audio_prosody\.npy: no such file"):
        write_features(utterances, root, "prosody", tmp_path / "p.h5")


def test_the_fingerprint_is_that_of_the_content_wherever_it_lies(tmp_path, corpus):
    first = write_folds(tmp_path / "a", corpus)
    (first / "dic.pkl").write_bytes(b"left out")
    second = write_folds(tmp_path / "b", corpus)
    (second / "W_embedding.npy").rename(second / "folds" / "W_embedding.npy")
    assert folds_fingerprint(first) == folds_fingerprint(second)


@pytest.mark.parametrize("name", ["label", "audio_mfcc", "audio_prosody"])
def test_the_fingerprint_covers_every_array(tmp_path, corpus, name):
    before = folds_fingerprint(write_folds(tmp_path / "a", corpus))
    corpus[name][2] = 1 - corpus[name][2]
    assert folds_fingerprint(write_folds(tmp_path / "b", corpus)) != before


def test_the_fingerprint_covers_the_end_of_a_large_file_and_the_word_vectors(tmp_path, corpus):
    roots = [write_folds(tmp_path / name, corpus) for name in "abc"]
    for root in roots:
        array_of(root, "audio_prosody").write_bytes(bytes(200_000))
    with array_of(roots[1], "audio_prosody").open("r+b") as file:
        file.seek(199_999)
        file.write(b"x")
    np.save(roots[2] / "W_embedding.npy", np.zeros((9, 3), np.float32))
    assert len({folds_fingerprint(root) for root in roots}) == 3


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def test_no_pickle_is_ever_loaded(root, tmp_path):
    for place in (root, *fold_folders(root).values()):
        (place / "dic.pkl").write_bytes(pickle.dumps(Trap()))
    utterances, _ = read(root)
    write_features(utterances, root, "text", tmp_path / "t.h5")
    folds_fingerprint(root)
    trapped = np.array([Trap(), 1, 2], dtype=object)
    np.save(array_of(root, "label"), trapped, allow_pickle=True)
    with pytest.raises(DataError, match=r"fold01/train_label\.npy: holds Python objects"):
        read(root)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "audio_mfcc",
            lambda a: a[:2],
            r"found float32 \[2, 6, 4\], expected \[3, time, feature\]",
        ),
        ("video", lambda a: a[:, 0], r"found float32 \[3, 5\], expected \[3, time, feature\]"),
        ("video", lambda a: a.astype("U4"), r"found <U4 \[3, 3, 5\], expected numbers"),
        ("nlp_trans", lambda a: a[:, 0], r"found int64 \[3\], expected \[3, word\]"),
        ("nlp_trans", lambda a: a - 9, r"found -\d, expected whole numbers from 0"),
        ("audio_seqN", lambda a: a + 0.5, r"found 1\.5, expected whole numbers"),
        ("audio_seqN", lambda a: a * np.nan, "found nan, expected whole numbers"),
        ("video_seqN", lambda a: a[1:], r"found int64 \[2\], expected \[3\]"),
        ("label", lambda a: a - 2, "found -1, expected whole numbers"),
        ("label", lambda a: np.ones((3, 3)), "not one 1 in each row of 3"),
        ("label", lambda a: np.eye(3) * [1, 1, 2], "not one 1 in each row of 3"),
        ("label", lambda a: np.eye(3) + np.diag([2, 2], 1), "not one 1 in each row of 3"),
        ("label", lambda a: a[:0], r"found int64 \[0\], expected numbers"),
    ],
)
def test_a_malformed_array_is_named(root, name, change, message):
    path = array_of(root, name)
    np.save(path, change(np.load(path)))
    with pytest.raises(DataError, match=rf"train_{name}\.npy: {message}"):
        read(root)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is an empty file"),
        (b"no array", "is text"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        (pickle.dumps([1.0]), "is a pickle"),
        (b"PK\x03\x04" + bytes(30), "is a zip archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(30), "is an HDF5 file"),
        (b"\x93NUMPY\x01\x00\x02\x00{", "is cut off or damaged"),
    ],
)
def test_a_file_that_holds_no_array_is_named_by_what_it_is(root, content, found):
    array_of(root, "video").write_bytes(content)
    with pytest.raises(DataError, match=rf"train_video\.npy: {found}.*expected numbers") as refused:
        read(root)
    assert "allow_pickle" not in str(refused.value)


def test_a_file_that_is_cut_off_is_named(root):
    path = array_of(root, "video")
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(DataError, match=r"train_video\.npy: is cut off or damaged"):
        read(root)


@pytest.mark.parametrize("modality", ["audio", "prosody"])
def test_numbers_that_are_not_finite_are_named_by_file_and_row(root, tmp_path, modality):
    name = {"audio": "audio_mfcc", "prosody": "audio_prosody"}[modality]
    utterances, _ = read(root)
    path = array_of(root, name)
    array = np.load(path)
    array[1, 0] = np.nan
    np.save(path, array)
    with pytest.raises(DataError, match=rf"fold01/train_{name}\.npy: row 1 has numbers that are"):
        write_features(utterances, root, modality, tmp_path / "x.h5")


def test_word_vectors_that_are_not_finite_are_named(root, tmp_path):
    utterances, _ = read(root)
    embedding = np.load(root / "W_embedding.npy")
    np.save(root / "W_embedding.npy", embedding[:2])
    with pytest.raises(
        DataError, match=r"_nlp_trans\.npy: row \d has the word \d, but there are 2"
    ):
        write_features(utterances, root, "text", tmp_path / "t.h5")
    embedding[3, 1] = np.inf
    np.save(root / "W_embedding.npy", embedding)
    with pytest.raises(DataError, match=r"W_embedding\.npy: has numbers that are not finite"):
        write_features(utterances, root, "text", tmp_path / "t.h5")


def test_partitions_of_different_width_are_refused(root):
    path = array_of(root, "audio_mfcc", fold=2, partition="dev")
    np.save(path, np.load(path)[..., :3])
    with pytest.raises(
        DataError, match="audio features are 4 wide in fold 1, train and 3 in fold 2"
    ):
        read(root)


def test_an_array_saved_by_python_2_is_read(root):
    expected, _ = read(root)
    path = array_of(root, "video")
    array = np.load(path)
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 3L, 5L), }".ljust(117) + b"\n"
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + array.tobytes()
    )
    with pytest.warns(UserWarning, match="Python 2"):
        found, _ = read(root)
    assert found.equals(expected)


def test_every_array_is_mapped(root, tmp_path, monkeypatch):
    load, modes = np.load, []

    def watched(path, mmap_mode=None, **options):
        modes.append(mmap_mode)
        return load(path, mmap_mode=mmap_mode, **options)

    monkeypatch.setattr(np, "load", watched)
    utterances, _ = read(root)
    for modality in ("audio", "vision", "text", "prosody"):
        write_features(utterances, root, modality, tmp_path / f"{modality}.h5")
    assert set(modes) == {"r"}


def test_memory_holds_one_utterance_not_a_partition(tmp_path, corpus):
    corpus["audio_mfcc"] = np.ones((6, 1000, 250))  # 2 MB an utterance, 1 MB as float32
    corpus["audio_seqN"] = np.full(6, 1000)
    folds = {1: {"train": [0, 1, 2, 3], "dev": [4], "test": [5]}}
    root = write_folds(tmp_path / "c", corpus, folds)
    tracemalloc.start()
    utterances, _ = read(root)
    write_features(utterances, root, "audio", tmp_path / "a.h5")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 1e6 < peak < 4e6  # the training partition has 8 MB, 4 MB as float32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e + 1, "first row not zero; expected word vectors"),
        (lambda e: e[:, 0], r"found shape \(9,\)"),
        (lambda e: e[:5], r"_nlp_trans\.npy: row \d has the word \d, but there are 5 word vectors"),
    ],
)
def test_word_vectors_that_cannot_be_used_are_refused(root, tmp_path, change, message):
    utterances, _ = read(root)
    np.save(root / "W_embedding.npy", change(np.load(root / "W_embedding.npy")))
    with pytest.raises(DataError, match=message):
        write_features(utterances, root, "text", tmp_path / "t.h5")


def test_word_vectors_lie_with_the_fold_or_above_and_are_the_same_in_all(root, tmp_path):
    utterances, _ = read(root)
    embedding = np.load(root / "W_embedding.npy")
    np.save(root / "folds" / "fold02" / "W_embedding.npy", embedding)
    write_features(utterances, root, "text", tmp_path / "t.h5")
    np.save(root / "folds" / "fold02" / "W_embedding.npy", 2 * embedding)
    with pytest.raises(DataError, match=r"fold02/W_embedding\.npy: other word vectors than in"):
        write_features(utterances, root, "text", tmp_path / "t.h5")


def test_missing_word_vectors_are_an_error_at_the_start(root):
    (root / "W_embedding.npy").unlink()
    with pytest.raises(DataError, match=r"fold01: no W_embedding\.npy"):
        fold_folders(root)


def test_classes_are_told_from_the_counts_of_the_release(tmp_path, corpus, monkeypatch):
    root = write_folds(tmp_path / "c", corpus)
    with pytest.raises(DataError, match=r"found by label number \{0: 1, 1: 2, 2: 3\}"):
        read_folds(root)
    monkeypatch.setattr(reading, "IEMOCAP_COUNTS", {"ang": 2, "neu": 1, "sad": 3})
    utterances, _ = read_folds(root)
    assert list(utterances["label"]) == ["ang", "ang", "sad", "sad", "neu", "sad"]


@given(counts=st.sets(st.integers(1, 2000), min_size=2, max_size=7).map(list), data=st.data())
def test_any_order_of_classes_is_recovered_from_distinct_counts(counts, data):
    names = [f"class{i}" for i in range(len(counts))]
    order = data.draw(st.permutations(names))
    expected = dict(zip(names, counts, strict=True))
    assert class_order({i: expected[name] for i, name in enumerate(order)}, expected) == order


def test_the_counts_of_the_release_add_up_and_are_the_default():
    assert sum(IEMOCAP_COUNTS.values()) == 7487
    counts = dict(enumerate([1103, 595, 1041, 1084, 1849, 107, 1708]))
    assert class_order(counts) == ["ang", "hap", "exc", "sad", "fru", "sur", "neu"]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({0: 2, 1: 2}, {"a": 2, "b": 2}),  # a tie
        ({0: 2, 1: 4}, {"a": 2, "b": 3}),  # not exactly
        ({0: 2}, {"a": 2, "b": 3}),
        ({0: 2, 1: 3, 2: 1}, {"a": 2, "b": 3}),
        ({1: 2, 2: 3}, {"a": 2, "b": 3}),  # numbered from 1
    ],
)
def test_an_order_that_cannot_be_told_is_refused_with_both_counts(counts, expected):
    with pytest.raises(DataError, match=r"set `class_order` in the configuration") as caught:
        class_order(counts, expected)
    assert str(counts) in str(caught.value)
    assert str(expected) in str(caught.value)


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "b"], ["a", "b", "c", "d"]])
def test_a_given_order_names_each_label_number_once(root, names):
    with pytest.raises(
        DataError, match=r"one name for each of the label numbers found, \[0, 1, 2\]"
    ):
        read_folds(root, class_order=names)


def test_folds_that_number_the_classes_differently_are_refused(tmp_path, corpus, monkeypatch):
    monkeypatch.setattr(reading, "IEMOCAP_COUNTS", {"ang": 2, "neu": 1, "sad": 3})
    root = write_folds(tmp_path / "c", corpus)
    for partition in ("train", "dev", "test"):
        path = array_of(root, "label", 2, partition)
        np.save(path, 2 - np.load(path))
    with pytest.raises(DataError, match="Folds 1 and 2 number the classes differently"):
        read_folds(root)


@pytest.fixture
def release(tmp_path):
    """Forty utterances of a release, and folds prepared by the published draws."""
    generator = np.random.default_rng(3)
    labels = generator.permutation([0] * 8 + [1] * 12 + [2] * 20)
    frames = generator.integers(1, 9, 40)
    arrays = {
        "label": labels,
        "audio_mfcc": generator.normal(size=(40, 6, 2)),
        "audio_seqN": frames,
        "video": generator.normal(size=(40, 2, 2)),
        "video_seqN": generator.integers(0, 3, 40),
        "nlp_trans": generator.integers(1, 9, (40, 3)),
    }
    partitions = {fold: published_split(40, fold) for fold in (1, 2)}
    folds = {
        fold: {name: np.flatnonzero(drawn == name) for name in ("train", "dev", "test")}
        for fold, drawn in partitions.items()
    }
    assert all(len(rows) for fold in folds.values() for rows in fold.values())
    root = write_folds(tmp_path / "release", arrays, folds)
    return read(root), [NAMES[label] for label in labels], frames


def test_the_replayed_published_split_is_confirmed(release):
    (utterances, folds), labels, frames = release
    # Prepared arrays are cut at 6 frames; the toolkits may differ by a frame.
    table = confirm(utterances, folds, labels, published_split, release_frames=frames)
    assert table["confirmed"].all()
    assert table["first_difference"].isna().all()
    assert (table["agreeing"] == table["found"]).all()
    assert (table["expected"] == table["found"]).all()
    assert table.groupby("fold")["found"].sum().to_dict() == {1: 40, 2: 40}
    large = table[table["partition"] != "dev"]["frames_correlation"]
    np.testing.assert_allclose(large, 1)
    assert confirmation_text(table).startswith("Confirmed: all 6 partitions")
    assert "lengths correlate at 1.0000 or more" in confirmation_text(table)


def test_the_first_difference_from_the_published_split_is_named(release):
    (utterances, folds), labels, _ = release
    test = np.flatnonzero(published_split(40, 2) == "test")
    labels[test[1]] = "fru"  # in fold 1 one of the training utterances
    table = confirm(utterances, folds, labels, published_split).set_index(["fold", "partition"])
    wrong = table[~table["confirmed"]]
    training = np.flatnonzero(published_split(40, 1) == "train")
    assert wrong["first_difference"].to_dict() == {
        (1, "train"): list(training).index(test[1]),
        (2, "test"): 1,
    }
    assert (wrong["agreeing"] == wrong["found"] - 1).all()
    assert table["frames_correlation"].isna().all()
    sentence = confirmation_text(table.reset_index())
    assert sentence.startswith("Not confirmed: 2 of 6 partitions differ")
    assert "fold 1, train" in sentence


def test_a_partition_of_another_size_is_not_confirmed(release):
    (utterances, folds), labels, frames = release
    folds[1] = folds[1].iloc[:-1]  # the last test utterance
    table = confirm(utterances, folds, labels, published_split, release_frames=frames)
    row = table.set_index(["fold", "partition"]).loc[(1, "test")]
    assert not row["confirmed"]
    assert row["expected"] - 1 == row["found"] == row["agreeing"] == row["first_difference"]
    assert np.isnan(row["frames_correlation"])


def test_lengths_in_another_order_show_in_the_correlation(release):
    (utterances, folds), labels, frames = release
    table = confirm(utterances, folds, labels, published_split, release_frames=frames[::-1])
    assert table["confirmed"].all()
    assert table["frames_correlation"].min() < 0.9
