"""Feature files, mapped into memory to be read."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from emofusion.errors import AGAIN, LOCKED, DataError, kind_of


class Sequences:
    """Features to read by utterance, end to end in one or several arrays.

    Args:
        path: the file to name in errors.
        parts: the arrays, [frame, dim] float32, or with an embedding rows of it [word].
        places: {utterance: (part, first row, length)}.
        embedding: word vectors [type, width] of text; else None.

    Attributes:
        dim: features of a frame.
    """

    def __init__(
        self,
        path: Path,
        parts: Sequence[np.ndarray],
        places: Mapping[str, tuple[int, int, int]],
        embedding: np.ndarray | None = None,
    ) -> None:
        self.path = path
        self.parts = parts
        self.embedding = embedding
        self.dim: int = (parts[0] if embedding is None else embedding).shape[1]
        self._places = places

    def __getitem__(self, utterance_id: str) -> np.ndarray:
        """Features of an utterance, [frame, dim] float32: a view of the part, or word vectors.

        Raises:
            DataError: the file lacks the utterance.
        """
        sequence = self._slice(self.parts, utterance_id)
        return sequence if self.embedding is None else self.embedding[sequence]

    def tokens(self, utterance_id: str) -> np.ndarray:
        """Rows of the embedding for each word of an utterance, [word] int32.

        Raises:
            DataError: the file has frames and no words, or lacks the utterance.
        """
        return self._slice(self.token_parts, utterance_id)

    def length(self, utterance_id: str) -> int:
        """Frames or words of an utterance."""
        return self.place(utterance_id)[2]

    @property
    def token_parts(self) -> Sequence[np.ndarray]:
        """The parts of a text file, rows of the embedding.

        Raises:
            DataError: the file has frames and no words.
        """
        if self.embedding is None:
            raise DataError(
                f"{self.path}: holds frames, but a model that trains its word vectors needs words; "
                "take it out of `models`, or let the workflow extract text"
            )
        return self.parts

    def place(self, utterance_id: str) -> tuple[int, int, int]:
        """Where an utterance is: the number of its part, its first row there, its length.

        Raises:
            DataError: the file lacks the utterance.
        """
        try:
            return self._places[utterance_id]
        except KeyError:
            raise DataError(
                f"{self.path}: no features of {utterance_id}; extract the features again"
            ) from None

    def _slice(self, parts: Sequence[np.ndarray], utterance_id: str) -> np.ndarray:
        part, start, length = self.place(utterance_id)
        return parts[part][start : start + length]


class RaggedStore(Sequences):
    """A feature file of ours, opened to read; its values are mapped read-only, and not read.

    Args:
        path: the file, whatever its name.

    Attributes:
        ids: the utterances, in the order of the file.
        lengths: frames of each, [utterance] int64.
        sha256: hash of the content.
        attributes: how the values were made.
        words: the word of each row of the embedding, in a text file.

    Raises:
        DataError: not a feature file, one whose index does not fit its values, or a joined file
            without its shards.
    """

    def __init__(self, path: Path) -> None:
        path = Path(path)
        if path.suffix == ".json":
            raise DataError(f"{path}: is a manifest; open {path.with_suffix('.h5')}")
        with faults(path, AGAIN), h5py.File(path, "r") as file:
            self.attributes = attributes_of(file)
            if "sha256" not in self.attributes:
                raise ValueError("it has no attribute `sha256`, which `write_ragged` writes")
            self.sha256: str = self.attributes.pop("sha256")
            text = "tokens" in file
            self.words: list[str] = texts(file, "words") if text else []
            embedding = _mapped(matrix(file, "embedding")) if text else None
            parts = [_mapped(vector(file, "tokens"))] if text else parts_of(file)
            self.ids, self.lengths, places = index_of(file, [len(part) for part in parts])
        super().__init__(path, parts, places, embedding)


@contextmanager
def faults(path: Path, step: str) -> Iterator[None]:
    """Turn whatever is wrong with an HDF5 file into one message.

    Args:
        path: the file.
        step: what to do about a faulty file, the end of the message.

    Raises:
        DataError: names the file, what was found and what to do.
    """
    try:
        yield
    except DataError:
        raise
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"{path}: {_fault(path, error, step)}") from None


def _fault(path: Path, error: Exception, step: str) -> str:
    """What is wrong with a file, and what to do."""
    text = str(error)
    if "unable to lock file" in text:
        return LOCKED
    if "already open for write" in text:
        return (
            "was not closed by the program that writes it; let that program close it, or write "
            "the file again"
        )
    try:
        kind = kind_of(path)
    except OSError as unreadable:
        return f"cannot be read ({unreadable.strerror}); change its permissions"
    if kind == "no such file":
        return f"{kind}; check the path"
    if "truncated file" in text:
        return f"is cut off; copy it again, or {step}"
    if "signature not found" in text or isinstance(error, IsADirectoryError):
        return f"is {kind}, expected an HDF5 file; {step}"
    return f"is not a usable feature file: {text}; {step}"


def attributes_of(file: h5py.File) -> dict[str, Any]:
    """How the values were made, as plain Python values."""
    return {key: _plain(key, value) for key, value in file.attrs.items()}


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, h5py.Empty):
        value = ""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"the attribute `{key}` is not UTF-8 text ({error})") from None
    flat = value if isinstance(value, list) else [value]
    if not all(isinstance(single, str | int | float) for single in flat):
        raise ValueError(f"the attribute `{key}` is {value!r}, expected text or numbers")
    return value


def texts(file: h5py.File, name: str) -> list[str]:
    """A dataset of texts [n].

    Raises:
        ValueError: it is missing or holds something else.
    """
    found = _dataset(file, name, 1)
    if h5py.check_string_dtype(found.dtype) is None:
        raise ValueError(f"`{name}` holds {found.dtype}, expected text")
    try:
        return [value.decode() for value in found[:]]
    except UnicodeDecodeError as error:
        raise ValueError(f"`{name}` is not UTF-8 text ({error})") from None


def vector(file: h5py.File, name: str) -> h5py.Dataset:
    """A dataset of whole numbers [n].

    Raises:
        ValueError: it is missing or holds something else.
    """
    found = _dataset(file, name, 1)
    if found.dtype.kind not in "iu":
        raise ValueError(f"`{name}` holds {found.dtype}, expected whole numbers (int64)")
    return found


def matrix(file: h5py.File, name: str) -> h5py.Dataset:
    """A dataset of numbers [row, column].

    Raises:
        ValueError: it is missing or holds something else.
    """
    found = _dataset(file, name, 2)
    if found.dtype.kind not in "iuf":
        raise ValueError(f"`{name}` holds {found.dtype}, expected numbers (float32)")
    if not found.shape[1]:
        raise ValueError(f"`{name}` has the shape {list(found.shape)}, expected one column or more")
    return found


def _dataset(file: h5py.File, name: str, axes: int) -> h5py.Dataset:
    found = file.get(name)
    if found is None:
        if name in file.keys():  # noqa: SIM118 (`in file` follows links)
            raise ValueError(f"`{name}` is a broken link")
        names = sorted(file)
        listed = ", ".join(names[:6]) + (f", ... ({len(names)})" if len(names) > 6 else "")
        raise ValueError(
            f"it has no dataset `{name}`; found {listed or 'nothing'}, expected ids, lengths, "
            "offsets and values"
        )
    if not isinstance(found, h5py.Dataset):
        raise ValueError(f"`{name}` is a group, expected a dataset")
    if found.ndim != axes or found.shape is None:
        wanted = "[frame, feature]" if axes == 2 else "one axis"
        shape = "no shape" if found.shape is None else f"the shape {list(found.shape)}"
        raise ValueError(f"`{name}` has {shape}, expected {wanted}")
    _check_written(found)
    return found


def _check_written(dataset: h5py.Dataset) -> None:
    """Refuse a dataset that is not in the file or not whole: HDF5 reads zeros where it is not."""
    name = dataset.name.strip("/")
    if dataset.is_virtual and name != "values":  # see `parts_of`
        raise ValueError(f"`{name}` is a virtual dataset, expected the values themselves")
    if not dataset.size or dataset.is_virtual:
        return
    if dataset.external:
        raise ValueError(f"`{name}` is stored outside the file ({dataset.external[0][0]})")
    if dataset.chunks:
        sides = zip(dataset.shape, dataset.chunks, strict=True)
        chunks = math.prod(-(-length // side) for length, side in sides)
        if (written := dataset.id.get_num_chunks()) < chunks:
            raise ValueError(f"`{name}` was written in part: {written} of {chunks} chunks")
    elif not dataset.id.get_storage_size():
        raise ValueError(f"`{name}` has the shape {list(dataset.shape)}, but was never written")


def index_of(
    file: h5py.File, sizes: Sequence[int]
) -> tuple[list[str], np.ndarray, dict[str, tuple[int, int, int]]]:
    """Which utterance has which frames.

    Args:
        file: a feature file.
        sizes: frames of each part of its values.

    Returns:
        The ids, the lengths [utterance] int64, and the places that `Sequences` takes.

    Raises:
        ValueError: ids, lengths, offsets and values do not fit each other.
    """
    ids = texts(file, "ids")
    lengths, offsets = (vector(file, name)[:].astype(np.int64) for name in ("lengths", "offsets"))
    if not len(ids) == len(lengths) == len(offsets):
        raise ValueError(
            f"it has {len(ids)} ids, {len(lengths)} lengths and {len(offsets)} offsets, expected "
            "one of each for every utterance"
        )
    for name, values in (("lengths", lengths), ("offsets", offsets)):
        if (values < 0).any():
            first = int((values < 0).argmax())
            raise ValueError(f"`{name}` has {values[first]} for {ids[first]}, expected 0 or more")
    bounds = np.cumsum([0, *sizes])
    owners = np.searchsorted(bounds[1:-1], offsets, side="right")
    beyond = lengths > bounds[owners + 1] - offsets  # a sum could overflow
    if beyond.any():
        first = int(beyond.argmax())
        start, length = int(offsets[first]), int(lengths[first])
        raise ValueError(
            f"`offsets` and `lengths` give {ids[first]} the frames {start} to {start + length}, "
            f"but there are {bounds[owners[first] + 1]}"
        )
    order = np.lexsort([lengths, offsets])
    order = order[lengths[order] > 0]
    shared = offsets[order][1:] < (offsets + lengths)[order][:-1]
    if shared.any():
        first, second = order[int(shared.argmax()) :][:2]
        raise ValueError(
            f"`offsets` and `lengths` give {ids[first]} and {ids[second]} the same frames"
        )
    places = np.stack([owners, offsets - bounds[owners], lengths], axis=1).tolist()
    by_id = dict(zip(ids, places, strict=True))
    if len(by_id) < len(ids):
        twice = next(name for number, name in enumerate(ids) if name in ids[:number])
        raise ValueError(f"`ids` has {twice} more than once")
    return ids, lengths, by_id


def parts_of(file: h5py.File) -> list[np.ndarray]:
    """The mapped values [frame, feature] float32, those of a joined file shard by shard.

    Raises:
        ValueError: they cannot be mapped, or a shard is missing or not what was joined.
    """
    values = matrix(file, "values")
    if not values.is_virtual:
        return [_mapped(values)]
    if "shards" not in file.attrs:
        raise ValueError("`values` is a virtual dataset, expected the values themselves")
    hashes = json.loads(file.attrs["shards"])
    sources = sorted(values.virtual_sources(), key=lambda s: s.vspace.get_select_bounds())
    parts = []
    for source in sources:
        shard = Path(file.filename).parent / source.file_name
        if not shard.is_file():
            raise ValueError(
                f"it links to the values in {shard}, which is missing (copy the shards of a joined "
                "file too, or write one file that holds all values with write_ragged)"
            )
        with faults(shard, AGAIN), h5py.File(shard, "r") as opened:
            if opened.attrs.get("sha256") not in hashes:
                raise ValueError("it is not what was joined")
            parts.append(_mapped(matrix(opened, "values")))
    if sum(map(len, parts)) != len(values):
        raise ValueError(f"its shards have {sum(map(len, parts))} of {len(values)} frames")
    return parts or [np.zeros(values.shape, values.dtype)]  # no shard has a frame


def _mapped(dataset: h5py.Dataset) -> np.ndarray:
    name, expected = dataset.name.strip("/"), "int32" if dataset.ndim == 1 else "float32"
    if dataset.dtype != expected:
        raise ValueError(f"`{name}` holds {dataset.dtype}, expected {expected}")
    if dataset.size == 0:
        return np.zeros(dataset.shape, dataset.dtype)  # HDF5 gives it no place in the file
    offset = dataset.id.get_offset()
    if offset is None:
        raise ValueError(f"`{name}` is chunked or compressed")
    # A link may lead to another file.
    values = np.memmap(
        dataset.file.filename, dataset.dtype, mode="r", offset=offset, shape=dataset.shape
    )
    return np.asarray(values)  # slices of the subclass are slow
