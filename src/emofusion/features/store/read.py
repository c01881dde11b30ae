"""Feature files, mapped into memory to be read."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from emofusion.errors import DataError


class Sequences:
    """Features to read by utterance, end to end in one or several arrays.

    Args:
        path: of the file, for errors.
        parts: the arrays, [frame, dim] float32, or with an embedding its rows, [word].
        places: {utterance: (part, first row, length)}.
        embedding: of text, the word vectors [type, width]; else None.

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
            DataError: the file does not know the utterance.
        """
        sequence = self._slice(self.parts, utterance_id)
        return sequence if self.embedding is None else self.embedding[sequence]

    def tokens(self, utterance_id: str) -> np.ndarray:
        """Rows of the embedding for each word of an utterance, [word] int32.

        Raises:
            DataError: the file has frames and no words, or does not know the utterance.
        """
        return self._slice(self.token_parts, utterance_id)

    def length(self, utterance_id: str) -> int:
        """Frames or words of an utterance."""
        return self.place(utterance_id)[2]

    @property
    def token_parts(self) -> Sequence[np.ndarray]:
        """The parts of a text file.

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
        """Where an utterance lies: the number of its part, its first row there, its length.

        Raises:
            DataError: the file does not know the utterance.
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
    """A feature file, opened to read; the file itself is mapped read-only, and not read.

    Args:
        path: of the .h5 file or of its manifest.

    Attributes:
        ids: of the utterances, in the order of the file.
        lengths: frames of each, [utterance] int64.
        sha256: of the content.
        attributes: how the values were made.
        words: of a text file, the type of each row.

    Raises:
        DataError: no feature file, or one whose index does not fit its values.
    """

    def __init__(self, path: Path) -> None:
        path = Path(path).with_suffix(".h5")
        try:
            with h5py.File(path, "r") as file:
                self.ids: list[str] = list(file["ids"].asstr()[:])
                self.lengths: np.ndarray = file["lengths"][:]
                offsets = file["offsets"][:]
                self.attributes = {key: _plain(value) for key, value in file.attrs.items()}
                self.sha256: str = self.attributes.pop("sha256")
                text = "tokens" in file
                self.words: list[str] = list(file["words"].asstr()[:]) if text else []
                embedding = _mapped(path, file["embedding"]) if text else None
                parts = _parts(path, file["tokens" if text else "values"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{path}: not a whole feature file ({error}); extract the features again"
            ) from None
        bounds = np.cumsum([0, *(len(part) for part in parts)])
        ends = offsets + self.lengths
        if len(ends) != len(self.ids) or (len(ends) and ends.max() > bounds[-1]):
            raise DataError(f"{path}: ids, lengths, offsets and values do not fit each other")
        owners = np.searchsorted(bounds[1:-1], offsets, side="right")
        places = np.stack([owners, offsets - bounds[owners], self.lengths], axis=1).tolist()
        super().__init__(path, parts, dict(zip(self.ids, places, strict=True)), embedding)


def _plain(value: Any) -> Any:
    """An attribute as a plain Python value."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def _parts(path: Path, values: h5py.Dataset) -> list[np.ndarray]:
    """The mapped values, those of a joined file shard by shard."""
    if not values.is_virtual:
        return [_mapped(path, values)]
    sources = sorted(values.virtual_sources(), key=lambda s: s.vspace.get_select_bounds())
    parts = []
    for source in sources:
        shard = path.parent / source.file_name
        with h5py.File(shard, "r") as file:
            if file.attrs["sha256"] not in json.loads(values.file.attrs["shards"]):
                raise ValueError(f"{shard} is not what was joined")
            parts.append(_mapped(shard, file["values"]))
    return parts or [np.zeros(values.shape, values.dtype)]  # no shard has a frame


def _mapped(path: Path, dataset: h5py.Dataset) -> np.ndarray:
    offset = dataset.id.get_offset()
    if dataset.size == 0:
        return np.zeros(dataset.shape, dataset.dtype)  # HDF5 gives it no place in the file
    if offset is None:
        raise ValueError(f"{dataset.name} is chunked or compressed")
    values = np.memmap(path, dataset.dtype, mode="r", offset=offset, shape=dataset.shape)
    return np.asarray(values)  # slices of the subclass are slow
