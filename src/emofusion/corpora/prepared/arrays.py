"""The arrays of the prepared folds, mapped and checked.

Each of `fold01` ... `fold05` holds the whole corpus, divided into train, dev and test. Each
partition has one file per array, with one zero-padded row per utterance: `audio_mfcc [n, time,
feature]`, `video [n, time, feature]`, their numbers of valid frames `audio_seqN [n]` and
`video_seqN [n]`, `audio_prosody [n, feature]`, word indices `nlp_trans [n, word]`, `label [n]`. The
word vectors `W_embedding.npy` are in the folder of the fold or one of the two folders above it.
The arrays have some 30 GB, so they are mapped and read row by row. The dictionary `dic.pkl` is a
pickle, which could run code: it is never loaded.
"""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from emofusion.corpora.prepared.folds import (
    FRAME_ARRAYS,
    PROSODY_ARRAY,
    array_path,
    embedding_path,
)
from emofusion.errors import DataError, kind_of

log = logging.getLogger(__name__)


def labels_of(folder: Path, partition: str) -> np.ndarray:
    """Label numbers [n], from [n], [n, 1] or one-hot [n, class]."""
    path = array_path(folder, partition, "label")
    array = _load(path)
    if array.ndim == 2 and array.shape[1] > 1:
        hot = array == 1
        if not (hot.sum(axis=1) == 1).all() or np.count_nonzero(array) != len(array):
            raise DataError(f"{path}: not one 1 in each row of {array.shape[1]}, the rest 0")
        return hot.argmax(axis=1)
    return _integers(path, _shaped(path, array, len(array)))


def words_of(folder: Path, partition: str) -> np.ndarray:
    """Word indices [n, word]: small enough to be read as a whole."""
    path = array_path(folder, partition, "nlp_trans")
    return _integers(path, _shaped(path, _load(path), _count(folder, partition), "word"))


def tokens_in(words: np.ndarray) -> np.ndarray:
    """The words of an utterance without padding."""
    return np.trim_zeros(words, "b")  # 0 is padding, which only follows


def read_frames(folder: Path, partition: str, modality: str) -> tuple[np.ndarray, np.ndarray]:
    """Mapped array [n, time, feature] and the number of valid frames [n] of each utterance."""
    count = _count(folder, partition)
    if modality == "prosody":
        path = array_path(folder, partition, PROSODY_ARRAY)
        return _shaped(path, _load(path), count, "feature")[:, None], np.ones(count, np.int32)
    values, lengths = (array_path(folder, partition, name) for name in FRAME_ARRAYS[modality])
    array = _shaped(values, _load(values), count, "time", "feature")
    valid = _integers(lengths, _shaped(lengths, _load(lengths), count))
    return array, np.minimum(valid, array.shape[1])  # longer utterances were cut


def valid_frames(
    rows: Iterable[tuple[Path, np.ndarray, np.ndarray, int]], modality: str
) -> Iterator[np.ndarray]:
    """Valid frames of each utterance, [frame, feature] float32.

    Args:
        rows: of each utterance the file of the values, its array, the valid frames [n] of its rows,
            and the row.
        modality: to name in the log.
    """
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


def embedding_of(folders: Iterable[Path]) -> np.ndarray:
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
