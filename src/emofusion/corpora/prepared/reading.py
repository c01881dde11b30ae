"""The baselines' prepared feature folds, the paper's own input, brought into the project's form.

`fold01` ... `fold05` each hold the whole corpus, cut into train, dev and test; an array a partition
and kind, a row an utterance, zero-padded: `audio_mfcc [n, time, feature]`, `video [n, time,
feature]`, their valid frames `audio_seqN [n]`, `video_seqN [n]`, `audio_prosody [n, feature]`, word
indices `nlp_trans [n, word]`, `label [n]`; beside or above them the word vectors `W_embedding.npy`.
The arrays have some 30 GB, so they are mapped and read row by row. The dictionary `dic.pkl` is a
pickle, which could run code: it is never loaded.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from emofusion.corpora.iemocap.known import LABELS
from emofusion.corpora.prepared.folds import (
    FRAMES,
    PARTITIONS,
    PROSODY,
    array_path,
    embedding_path,
    fold_folders,
)
from emofusion.errors import DataError, kind_of
from emofusion.features.store.write import (
    REPORT_EVERY,
    package_versions,
    write_ragged,
    write_tokens,
)
from emofusion.schemas import PREPARED, UNKNOWN, UTTERANCES

log = logging.getLogger(__name__)

IEMOCAP_COUNTS = {
    label: LABELS[label] for label in ("ang", "exc", "hap", "sad", "fru", "sur", "neu")
}
"""Utterances of the seven classes in the IEMOCAP release; no two are equal."""

NOT_KNOWN = UNKNOWN | {"session": 0}


def read_folds(
    root: Path, *, class_order: Sequence[str] | None = None
) -> tuple[pd.DataFrame, dict[int, pd.DataFrame]]:
    """Read prepared folds into one utterance table and the published partitions.

    The folds hold no ids, and every utterance stands in each of them. It is known by its content:
    its id is `yoon_` and 16 hexadecimal digits of the SHA-256 over its words, its valid frames
    of audio and video as float32, and its label. Rows of one fold with equal content are numbered
    in order: the second ends in `_2`. They are the same to every model, so that it does not matter
    which is which in another fold.

    An utterance without a video frame is listed like any other, whatever its row: `video_frames` is
    0, and the probe decides on it. (The paper's code drops these, unless the only one of a
    partition is in row 0; the baselines keep them.)

    Args:
        root: the prepared folds, see `fold_folders`.
        class_order: names of the classes by label number; None: recovered from their counts.

    Returns:
        The utterance table, in the order of the first fold's train, dev and test rows: `COLUMNS` of
        a release, of which only utterance_id and label are known, and `fold`, `partition`, `row`
        (from 0; where its arrays lie, first occurrence), `tokens`, `audio_frames`, `video_frames`
        (valid ones). And for each fold a table utterance_id, partition, label, in the order of its
        rows.

    Raises:
        DataError: a file that is missing, malformed or at odds with the others, or classes that
            cannot be told.
    """
    opened = {
        fold: {name: _open_partition(folder, name) for name in PARTITIONS}
        for fold, folder in fold_folders(root).items()
    }
    _check_widths(opened)
    classes = _class_names({fold: _counts(parts) for fold, parts in opened.items()}, class_order)
    rows: dict[str, dict] = {}
    folds = {}
    for fold, parts in opened.items():
        members = []
        for utterance, name, row in _identify(fold, parts):
            label = classes[parts[name].labels[row]]
            members.append((utterance, name, label))
            if utterance not in rows:
                known = {"utterance_id": utterance, "label": label}
                place = {"fold": fold, "partition": name, "row": row}
                rows[utterance] = {**NOT_KNOWN, **known, **place, **parts[name].sizes(row)}
        folds[fold] = pd.DataFrame(members, columns=["utterance_id", "partition", "label"])
    _warn_of_differences(folds)
    return pd.DataFrame(list(rows.values()), columns=[*UTTERANCES, *PREPARED]), folds


def class_order(
    counts: Mapping[int, int], expected: Mapping[str, int] = IEMOCAP_COUNTS
) -> list[str]:
    """Names of the classes by label number, told from how many utterances a whole fold has of each.

    The order is documented nowhere; that no two counts are equal makes it plain.

    Args:
        counts: {label number: utterances}.
        expected: {name: utterances}.

    Raises:
        DataError: the counts are not exactly the expected ones, or two of these are equal.
    """
    names = {count: name for name, count in expected.items()}
    unequal = sorted(counts.values()) != sorted(expected.values())
    if unequal or len(names) != len(expected) or set(counts) != set(range(len(expected))):
        raise DataError(
            "The order of the classes cannot be told from their counts: found by label number "
            f"{dict(sorted(counts.items()))}, expected {dict(expected)} under the numbers from 0, "
            "no two of them equal; set `class_order` in config.yaml"
        )
    return [names[counts[number]] for number in range(len(expected))]


def write_features(selected: pd.DataFrame, root: Path, modality: str, path: Path) -> None:
    """Write one modality of the selected utterances to a feature file, valid frames and words only.

    Numbers are stored as float32. The words have no names but `w1`, `w2`, ..., since the dictionary
    is a pickle. Rows are read in the order of `selected`, which for that of `read_folds` is the
    order in which they lie.

    Args:
        selected: utterances with fold, partition and row, as in the table of `read_folds`.
        root: the prepared folds.
        modality: text, vision, audio, or prosody (one frame an utterance).
        path: of the feature file.

    Raises:
        DataError: a malformed file, folds with different word vectors, or a vector of the padding
            that is not zero.
    """
    folders = fold_folders(root)
    ids = list(selected["utterance_id"])
    places = list(zip(selected["fold"], selected["partition"], selected["row"], strict=True))
    attributes = {
        "extractor": "prepared features of the baselines",
        "packages": package_versions("numpy"),
    }
    if modality == "text":
        words_of = cache(lambda fold, name: _words(folders[fold], name))
        tokens = [_tokens(words_of(fold, name)[row]) for fold, name, row in places]
        embedding = _embedding(folders.values())
        for (fold, name, row), sequence in zip(places, tokens, strict=True):
            if sequence.max(initial=0) >= len(embedding):
                raise DataError(
                    f"{array_path(folders[fold], name, 'nlp_trans')}: row {row} has the word "
                    f"{sequence.max()}, but there are {len(embedding)} word vectors, from 0; copy "
                    "the prepared features again, of one set"
                )
        words = ["", *(f"w{row}" for row in range(1, len(embedding)))]
        write_tokens(path, ids, tokens, words, embedding, attributes)
        return
    frames_of = cache(lambda fold, name: _frames(folders[fold], name, modality))
    values = PROSODY if modality == "prosody" else FRAMES[modality][0]
    rows = [
        (array_path(folders[fold], name, values), *frames_of(fold, name), row)
        for fold, name, row in places
    ]
    lengths = [int(valid[row]) for _, _, valid, row in rows]
    dim = rows[0][1].shape[2]
    write_ragged(path, ids, lengths, _valid_frames(rows, modality), dim, attributes)


def confirm(
    utterances: pd.DataFrame,
    folds: Mapping[int, pd.DataFrame],
    release_labels: Sequence[str],
    published: Callable[[int, int], np.ndarray],
    *,
    release_frames: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Compare the partitions of prepared folds with the published split as it is replayed.

    For whoever holds both the release and the prepared folds: agreement shows that the replay, and
    the order of the release that it is drawn over, are those of the baselines.

    Args:
        utterances, folds: as `read_folds` gives them.
        release_labels: labels of the release's utterances of these classes, in release order.
        published: gives the partition of each of `count` utterances in a fold:
            `emofusion.splits.published.published_split`.
        release_frames: audio frames of the same utterances as expected from their durations, a
            second witness, which does not rest on labels.

    Returns:
        One row a fold and partition: `fold, partition, expected, found` (utterances), `agreeing`
        (positions with equal labels), `first_difference` (first position without; empty: none),
        `confirmed` (all agree), `frames_correlation` (of found and expected frames, these cut like
        those found; NaN if not asked for or the sizes differ).
    """
    labels = np.asarray(release_labels, dtype=object)
    frames_of = utterances.set_index("utterance_id")["audio_frames"]
    rows = []
    for fold, table in folds.items():
        drawn = published(len(labels), fold)
        for partition in PARTITIONS:
            members, chosen = table[table["partition"] == partition], drawn == partition
            row = _compare(members["label"].to_numpy(object), labels[chosen])
            witness = float("nan")
            if release_frames is not None and row["found"] == row["expected"]:
                found = frames_of[members["utterance_id"]].to_numpy(np.float64)
                witness = _correlation(found, np.asarray(release_frames, np.float64)[chosen])
            rows.append(
                {"fold": fold, "partition": partition, **row, "frames_correlation": witness}
            )
    return pd.DataFrame(rows).astype({"first_difference": "Int64"})


def verdict(confirmation: pd.DataFrame) -> str:
    """What the table of `confirm` says, in one sentence."""
    wrong = confirmation[~confirmation["confirmed"]]
    lengths = confirmation["frames_correlation"].min()
    witness = "" if pd.isna(lengths) else f"; lengths correlate at {lengths:.4f} or more"
    if wrong.empty:
        return (
            f"Confirmed: all {len(confirmation)} partitions of the prepared folds have the sizes "
            f"and, row by row, the labels of the replayed published split{witness}."
        )
    first = wrong.iloc[0]
    return (
        f"Not confirmed: {len(wrong)} of {len(confirmation)} partitions differ from the replayed "
        f"published split, the first being fold {first['fold']}, {first['partition']}: "
        f"{first['found']} utterances, expected {first['expected']}, {first['agreeing']} labels "
        f"agree, row {first['first_difference']} is the first that does not{witness}."
    )


@dataclass(frozen=True)
class _Partition:
    """Labels [n] and words [n, word] in memory; {modality: (mapped array, valid frames [n])}."""

    labels: np.ndarray
    words: np.ndarray
    frames: dict[str, tuple[np.ndarray, np.ndarray]]

    def identity(self, row: int) -> str:
        """Id of an utterance from its content, alike on every machine and for every padding."""
        parts = [np.asarray(_tokens(self.words[row]), "<i4")]
        parts += [
            np.ascontiguousarray(array[row, : lengths[row]], "<f4")
            for array, lengths in self.frames.values()
        ]
        shapes = [part.shape for part in parts]
        digest = hashlib.sha256(json.dumps([int(self.labels[row]), shapes]).encode())
        for part in parts:
            digest.update(part)
        return f"yoon_{digest.hexdigest()[:16]}"

    def sizes(self, row: int) -> dict[str, int]:
        return {
            "tokens": len(_tokens(self.words[row])),
            "audio_frames": int(self.frames["audio"][1][row]),
            "video_frames": int(self.frames["vision"][1][row]),
        }


def _identify(fold: int, partitions: Mapping[str, _Partition]) -> Iterator[tuple[str, str, int]]:
    """Id, partition and row of each utterance of a fold, equal ones numbered."""
    total = sum(len(partition.labels) for partition in partitions.values())
    seen: Counter[str] = Counter()
    done = 0
    for name, partition in partitions.items():
        for row in range(len(partition.labels)):
            content = partition.identity(row)
            seen[content] += 1
            done += 1
            yield content if seen[content] == 1 else f"{content}_{seen[content]}", name, row
            if done % REPORT_EVERY == 0 or done == total:
                log.info("fold %d: %d of %d utterances", fold, done, total)
    if len(seen) < total:
        log.warning("fold %d: %d utterances repeat the content of another", fold, total - len(seen))


def _open_partition(folder: Path, partition: str) -> _Partition:
    return _Partition(
        labels=_labels(folder, partition),
        words=_words(folder, partition),
        frames={modality: _frames(folder, partition, modality) for modality in FRAMES},
    )


def _labels(folder: Path, partition: str) -> np.ndarray:
    """Label numbers [n], from [n], [n, 1] or one-hot [n, class]."""
    path = array_path(folder, partition, "label")
    array = _load(path)
    if array.ndim == 2 and array.shape[1] > 1:
        hot = array == 1
        if not (hot.sum(axis=1) == 1).all() or np.count_nonzero(array) != len(array):
            raise DataError(f"{path}: not one 1 in each row of {array.shape[1]}, the rest 0")
        return hot.argmax(axis=1)
    return _integers(path, _shaped(path, array, len(array)))


def _words(folder: Path, partition: str) -> np.ndarray:
    """Word indices [n, word]: small enough to be read as a whole."""
    path = array_path(folder, partition, "nlp_trans")
    return _integers(path, _shaped(path, _load(path), _count(folder, partition), "word"))


def _tokens(words: np.ndarray) -> np.ndarray:
    return np.trim_zeros(words, "b")  # 0 is padding, which only follows


def _frames(folder: Path, partition: str, modality: str) -> tuple[np.ndarray, np.ndarray]:
    """Mapped array [n, time, feature] and the number of valid frames [n] of each utterance."""
    count = _count(folder, partition)
    if modality == "prosody":
        path = array_path(folder, partition, PROSODY)
        return _shaped(path, _load(path), count, "feature")[:, None], np.ones(count, np.int32)
    values, lengths = (array_path(folder, partition, name) for name in FRAMES[modality])
    array = _shaped(values, _load(values), count, "time", "feature")
    valid = _integers(lengths, _shaped(lengths, _load(lengths), count))
    return array, np.minimum(valid, array.shape[1])  # longer utterances were cut


def _valid_frames(
    rows: Iterable[tuple[Path, np.ndarray, np.ndarray, int]], modality: str
) -> Iterator[np.ndarray]:
    """Valid frames of each utterance, [frame, feature] float32."""
    beyond = 0
    for path, array, lengths, row in rows:
        beyond += bool(array[row, lengths[row] :].any())
        with np.errstate(over="ignore"):
            values = np.asarray(array[row, : lengths[row]], np.float32)
        if not np.isfinite(values).all():
            raise DataError(
                f"{path}: row {row} has numbers that are not finite; copy the prepared features "
                "again"
            )
        yield values
    if beyond:
        log.warning("%s: %d utterances are not zero beyond their valid frames", modality, beyond)


def _embedding(folders: Iterable[Path]) -> np.ndarray:
    """Word vectors [type, width], which all folds share."""
    first, *others = dict.fromkeys(embedding_path(folder) for folder in folders)
    embedding = np.array(_load(first))
    if embedding.ndim != 2 or embedding[0].any():
        raise DataError(
            f"{first}: found shape {embedding.shape}, first row "
            f"{'not ' if embedding[0].any() else ''}zero; expected word vectors [word, width] with "
            "zeros in row 0, for padding"
        )
    if not np.isfinite(embedding).all():
        raise DataError(f"{first}: has numbers that are not finite; copy the file again")
    for other in others:
        if not np.array_equal(embedding, _load(other)):
            raise DataError(
                f"{other}: other word vectors than in {first}; expected the same in all folds"
            )
    return embedding


def _check_widths(opened: Mapping[int, Mapping[str, _Partition]]) -> None:
    for modality in FRAMES:
        widths = {
            f"fold {fold}, {name}": partition.frames[modality][0].shape[2]
            for fold, parts in opened.items()
            for name, partition in parts.items()
        }
        (first, width), *others = widths.items()
        for place, other in others:
            if other != width:
                raise DataError(
                    f"{modality} features are {width} wide in {first} and {other} in {place}; "
                    "these folds are not of one set"
                )


def _counts(parts: Mapping[str, _Partition]) -> Counter[int]:
    """Utterances of a fold by label number."""
    return Counter(np.concatenate([partition.labels for partition in parts.values()]).tolist())


def _class_names(counts: Mapping[int, Counter], given: Sequence[str] | None) -> list[str]:
    if given is None:
        (first, names), *others = [
            (fold, class_order(count, IEMOCAP_COUNTS)) for fold, count in counts.items()
        ]
        for fold, other in others:
            if other != names:
                raise DataError(
                    f"Folds {first} and {fold} number the classes differently: {names}, {other}; "
                    "these folds are not of one set"
                )
        return names
    numbers = sorted(set().union(*counts.values()))
    if len(set(given)) != len(given) or numbers != list(range(len(given))):
        raise DataError(
            f"`class_order` in config.yaml is {list(given)}; expected one name for each of the "
            f"label numbers found, {numbers}, from 0 and none twice"
        )
    return list(given)


def _warn_of_differences(folds: Mapping[int, pd.DataFrame]) -> None:
    (first, table), *others = folds.items()
    known = set(table["utterance_id"])
    for fold, other in others:
        differing = len(known ^ set(other["utterance_id"]))
        if differing:
            log.warning(
                "%d utterances stand in only one of the folds %d and %d; expected the same in all",
                differing,
                first,
                fold,
            )


def _compare(found: np.ndarray, expected: np.ndarray) -> dict[str, int | bool | None]:
    """Labels of a partition, position by position; where one list ends first, they differ."""
    common = min(len(found), len(expected))
    agree = found[:common] == expected[:common]
    confirmed = len(found) == len(expected) and bool(agree.all())
    return {
        "expected": len(expected),
        "found": len(found),
        "agreeing": int(agree.sum()),
        "first_difference": None if confirmed else int(np.argmin([*agree, False])),
        "confirmed": confirmed,
    }


def _correlation(found: np.ndarray, expected: np.ndarray) -> float:
    expected = np.minimum(expected, found.max(initial=0))
    if len(found) < 2 or np.ptp(found) == 0 or np.ptp(expected) == 0:
        return float("nan")
    return float(np.corrcoef(found, expected)[0, 1])


def _count(folder: Path, partition: str) -> int:
    return len(_load(array_path(folder, partition, "label")))


def _load(path: Path) -> np.ndarray:
    """Numbers of an .npy file, mapped and not read, [n, ...] with at least one row."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # which one depends on the bytes
        raise DataError(
            f"{path}: {_fault(path, error)}; expected numbers in NumPy's .npy format. Copy the "
            "prepared features again"
        ) from None
    numbers = isinstance(array, np.ndarray) and array.dtype.kind in "fiu"
    if not numbers or array.ndim == 0 or array.size == 0:
        raise DataError(f"{path}: found {_described(array)}, expected numbers [n, ...]")
    return np.asarray(array)  # slices of the subclass are slow


def _fault(path: Path, error: Exception) -> str:
    """What a file is that NumPy cannot map."""
    try:
        kind = kind_of(path)
    except OSError as unreadable:
        return f"cannot be read ({unreadable.strerror})"
    if not kind.startswith("a NumPy array"):
        return kind if kind == "no such file" else f"is {kind}"
    if "Python objects" in str(error):
        return "holds Python objects, which could run code and are never loaded"
    return "is cut off or damaged"


def _shaped(path: Path, array: np.ndarray, count: int, *axes: str) -> np.ndarray:
    """The array if it is [count, *axes], without a further axis of length 1."""
    if array.ndim == len(axes) + 2 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != len(axes) + 1 or len(array) != count:
        expected = ", ".join([str(count), *axes])
        raise DataError(
            f"{path}: found {_described(array)}, expected [{expected}]: a row for each of its "
            "labels. Copy the prepared features again"
        )
    return array


def _integers(path: Path, array: np.ndarray) -> np.ndarray:
    """The numbers as int32, of whatever type they are."""
    with np.errstate(invalid="ignore"):
        integers = array.astype(np.int32)
    if (integers != array).any() or integers.min() < 0:
        wrong = array[(integers != array) | (integers < 0)][0]
        raise DataError(f"{path}: found {wrong}, expected whole numbers from 0")
    return integers


def _described(array: object) -> str:
    if not isinstance(array, np.ndarray):
        return "no single array"
    return f"{array.dtype} {list(array.shape)}"
