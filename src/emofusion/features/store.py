"""Ragged feature files: sequences of different lengths, end to end, that jobs map into memory.

`<name>.h5` holds `ids [utterance]`, `lengths [utterance]`, `offsets [utterance]` and `values
[frame, dim]` float32, contiguous and uncompressed; a text file has `tokens [word]` int32, `words`
and `embedding [type, width]` float32 in place of `values`. Attributes say how it was made.
`<name>.json` beside it holds the hash of the content: equal content, equal hash, whatever made it
and whenever.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from emofusion.errors import DataError
from emofusion.files import replacing

log = logging.getLogger(__name__)

REPORT_EVERY = 500  # utterances


def write_ragged(
    path: Path,
    ids: Sequence[str],
    lengths: Sequence[int],
    sequences: Iterable[np.ndarray],
    dim: int,
    attributes: Mapping[str, Any],
) -> None:
    """Write a feature file and its manifest, whole or not at all, one sequence after the other.

    Args:
        path: of the .h5 file.
        ids: of the utterances.
        lengths: frames of each.
        sequences: [frame, dim] of each, in the same order.
        dim: features of a frame.
        attributes: texts and numbers that say how the values were made.

    Raises:
        DataError: an id that stands there twice, or a sequence of another size or with values that
            are not finite.
    """
    total = int(np.sum(lengths, dtype=np.int64))
    with _feature_file(path, ids, lengths, dim, attributes) as (file, digest):
        values = file.create_dataset("values", (total, dim), np.float32)
        end = 0
        rows = zip(ids, lengths, sequences, strict=True)
        for number, (utterance, length, sequence) in enumerate(rows, 1):
            _check(path, utterance, sequence, (length, dim))
            start, end = end, end + length
            values[start:end] = sequence
            digest.update(np.ascontiguousarray(sequence, np.float32))
            if number % REPORT_EVERY == 0 or number == len(ids):
                log.info("%s: %d of %d utterances", path.name, number, len(ids))


def write_tokens(
    path: Path,
    ids: Sequence[str],
    tokens: Sequence[np.ndarray],
    words: Sequence[str],
    embedding: np.ndarray,
    attributes: Mapping[str, Any],
) -> None:
    """Write a text feature file and its manifest, whole or not at all.

    Args:
        path: of the .h5 file.
        ids: of the utterances.
        tokens: [word] of each utterance, rows of the embedding.
        words: the type of each row.
        embedding: [type, width].
        attributes: texts and numbers that say how the tokens and vectors were made.

    Raises:
        DataError: an id that stands there twice, a token without a row, or values that are not
            finite.
    """
    if embedding.shape[0] != len(words) or not np.isfinite(embedding).all():
        raise DataError(
            f"{path}: expected {len(words)} finite word vectors, found {embedding.shape[0]} rows"
        )
    lengths = [len(sequence) for sequence in tokens]
    joined = np.concatenate([np.zeros(0, np.int32), *tokens]).astype(np.int32)
    if joined.size and not 0 <= joined.min() <= joined.max() < len(words):
        raise DataError(f"{path}: a token has no word vector; expected 0 ... {len(words) - 1}")
    embedding = np.ascontiguousarray(embedding, np.float32)
    with _feature_file(path, ids, lengths, embedding.shape[1], attributes) as (file, digest):
        file["tokens"] = joined
        file["embedding"] = embedding
        file.create_dataset("words", data=list(words), dtype=h5py.string_dtype())
        digest.update(json.dumps(list(words)).encode())
        digest.update(joined)
        digest.update(embedding)


def package_versions(*packages: str) -> str:
    """Installed versions, as the attribute `packages` of a feature file tells them."""
    return ", ".join(f"{package} {version(package)}" for package in sorted({*packages, "h5py"}))


class RaggedStore:
    """A feature file, opened to read sequences by utterance; the file itself is mapped, not read.

    Args:
        path: of the .h5 file or of its manifest.

    Attributes:
        ids: of the utterances, in the order of the file.
        lengths: frames of each, [utterance] int64.
        dim: features of a frame.
        sha256: of the content.

    Raises:
        DataError: no feature file, or one whose index does not fit its values.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).with_suffix(".h5")
        try:
            with h5py.File(self.path, "r") as file:
                self.ids: list[str] = list(file["ids"].asstr()[:])
                self.lengths: np.ndarray = file["lengths"][:]
                offsets = file["offsets"][:]
                self.sha256: str = file.attrs["sha256"]
                self._embedding = (
                    _mapped(self.path, file["embedding"]) if "tokens" in file else None
                )
                self._values = _mapped(self.path, file["values" if "values" in file else "tokens"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{self.path}: not a whole feature file ({error}); extract the features again"
            ) from None
        ends = offsets + self.lengths
        if len(ends) != len(self.ids) or (len(ends) and ends.max() > len(self._values)):
            raise DataError(f"{self.path}: ids, lengths, offsets and values do not fit each other")
        self._span = dict(
            zip(self.ids, zip(offsets.tolist(), ends.tolist(), strict=True), strict=True)
        )
        self.dim: int = (self._values if self._embedding is None else self._embedding).shape[1]

    def __getitem__(self, utterance_id: str) -> np.ndarray:
        """Features of an utterance, [frame, dim] float32: a read-only view, or word vectors.

        Raises:
            DataError: the file does not know the utterance.
        """
        try:
            start, end = self._span[utterance_id]
        except KeyError:
            raise DataError(
                f"{self.path}: no features of {utterance_id}; extract the features again"
            ) from None
        sequence = self._values[start:end]
        return sequence if self._embedding is None else self._embedding[sequence]


def _mapped(path: Path, dataset: h5py.Dataset) -> np.ndarray:
    offset = dataset.id.get_offset()
    if dataset.size == 0:
        return np.zeros(dataset.shape, dataset.dtype)  # HDF5 gives it no place in the file
    if offset is None:
        raise ValueError(f"{dataset.name} is chunked or compressed")
    values = np.memmap(path, dataset.dtype, mode="r", offset=offset, shape=dataset.shape)
    return np.asarray(values)  # slices of the subclass are slow


@contextmanager
def _feature_file(
    path: Path,
    ids: Sequence[str],
    lengths: Sequence[int],
    dim: int,
    attributes: Mapping[str, Any],
) -> Iterator[tuple[h5py.File, Any]]:
    """Give a file with its index, and a digest to feed with what is added; then finish both."""
    if len(set(ids)) != len(ids):
        twice = Counter(ids).most_common(1)[0][0]
        raise DataError(f"{path}: {twice} stands more than once among the utterances")
    lengths = np.asarray(lengths, np.int64)
    digest = hashlib.sha256(json.dumps([list(ids), lengths.tolist(), dim]).encode())
    with replacing(path) as beside, h5py.File(beside, "w") as file:
        file.create_dataset("ids", data=list(ids), dtype=h5py.string_dtype())
        file["lengths"] = lengths
        file["offsets"] = np.cumsum(lengths) - lengths
        yield file, digest
        file.attrs.update({**attributes, "sha256": digest.hexdigest()})
    manifest = {
        "sha256": digest.hexdigest(),
        "utterances": len(ids),
        "frames": int(lengths.sum()),
        "dim": dim,
        # Training depends on the manifest: an update that gives equal content retrains nothing.
        "attributes": {
            key: value for key, value in attributes.items() if key not in ("machine", "packages")
        },
    }
    with replacing(path.with_suffix(".json")) as beside:
        beside.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _check(path: Path, utterance: str, sequence: np.ndarray, shape: tuple[int, int]) -> None:
    if sequence.shape != shape:
        raise DataError(
            f"{path}: {utterance} has features of shape {sequence.shape}, expected {shape}; "
            "was its file changed after the probe?"
        )
    if not np.isfinite(sequence).all():
        raise DataError(f"{path}: {utterance} has features that are not finite numbers")
