"""A user's own feature file: checked, and copied into a file of the workflow."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np

from emofusion.errors import DataError
from emofusion.features.store.read import (
    Sequences,
    attributes_of,
    faults,
    index_of,
    matrix,
    parts_of,
    vector,
)
from emofusion.features.store.write import write_ragged

FIX = "fix it (docs/extend.md, The format of a feature file)"
CHUNK_CACHE = 256 << 20  # bytes: a chunk that is larger is unpacked for each utterance


class OwnFeatures(Sequences):
    """A user's feature file of any name, opened to be read.

    Values may have any numeric type and be chunked or compressed; `sha256` is ignored.

    Args:
        path: the file.

    Attributes:
        lengths: {utterance: frames}, in the order of the file.
        attributes: how the values were made.

    Raises:
        DataError: names the file, the dataset and what is wrong.
    """

    def __init__(self, path: Path) -> None:
        with faults(path, FIX):
            file = h5py.File(path, "r", rdcc_nbytes=CHUNK_CACHE)
            self._file = file
            self.attributes = attributes_of(file)
            self.attributes.pop("sha256", None)
            self.attributes.pop("shards", None)
            _check_max_length(self.attributes.get("max_length", 1))
            embedding = None
            if "tokens" in file:
                embedding, rows = matrix(file, "embedding")[:], vector(file, "tokens")[:]
                if rows.size and not 0 <= rows.min() <= rows.max() < len(embedding):
                    raise ValueError(
                        f"`tokens` has {rows.min()} to {rows.max()}, expected rows of `embedding`, "
                        f"0 to {len(embedding) - 1}"
                    )
                parts = [rows]
            else:
                values = matrix(file, "values")
                parts = parts_of(file) if values.is_virtual else [values]
            ids, lengths, places = index_of(file, [len(part) for part in parts])
            self.lengths: dict[str, int] = dict(zip(ids, lengths.tolist(), strict=True))
        super().__init__(path, parts, places, embedding)

    def __getitem__(self, utterance_id: str) -> np.ndarray:
        """Features of an utterance, [frame, dim] float32.

        Raises:
            DataError: they cannot be read, or are not finite in float32.
        """
        with faults(self.path, FIX), np.errstate(over="ignore"):
            values = super().__getitem__(utterance_id).astype(np.float32)
            if not np.isfinite(values).all():
                row = int((~np.isfinite(values)).any(axis=1).argmax())
                raise ValueError(
                    f"`values` has numbers in frame {row} of {utterance_id} that are not finite "
                    "(NaN, infinite, or too large for float32)"
                )
        return values

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _check_max_length(value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"the attribute `max_length` is {value!r}, expected a whole number of frames from 1"
        )


def copy_features(source: Path, path: Path, ids: Sequence[str]) -> None:
    """Write a feature file, and its manifest, with some utterances of a user's file.

    Args:
        source: the user's file.
        path: the new .h5 file.
        ids: the utterances to take, in this order.

    Raises:
        DataError: `source` is not a feature file, or lacks utterances or their frames; says how
            many.
    """
    with closing(OwnFeatures(source)) as store:
        known = store.lengths
        for missing, problem in (
            ([i for i in ids if i not in known], "no features of"),
            ([i for i in ids if not known.get(i, 1)], "a length of 0 for"),
        ):
            if missing:
                raise DataError(
                    f"{source}: {problem} {len(missing)} of {len(ids)} selected utterances, the "
                    f"first is {missing[0]} (its ids: {', '.join([*known][:2]) or 'none'} ...); "
                    "compute features of these too"
                )
        lengths = [known[utterance] for utterance in ids]
        default = {"extractor": "one's own features", "max_length": max(lengths, default=1)}
        attributes = default | store.attributes
        write_ragged(path, ids, lengths, (store[i] for i in ids), store.dim, attributes)
