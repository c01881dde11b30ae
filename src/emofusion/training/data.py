"""The data of one fold: ragged features, padded and standardised batch by batch."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from emofusion.errors import DataError
from emofusion.features.store import RaggedStore


@dataclass(frozen=True)
class Partition:
    """Utterances of one partition; labels are indices into the configured classes, [n] int64."""

    ids: list[str]
    labels: torch.Tensor


def read_split(path: Path, labels: Sequence[str]) -> tuple[list[str], dict[str, Partition]]:
    """Read a split table (utterance_id, partition, label) into its three partitions.

    Returns:
        The classes, those of the configured labels that occur (small ones may have been left out),
        and the partitions; their labels are indices into the classes.

    Raises:
        DataError: a partition is empty, or a label is not among the configured ones.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    present = {row["label"] for row in rows if row["partition"] in ("train", "dev", "test")}
    if not present <= set(labels):
        raise DataError(f"{path}: labels {sorted(present - set(labels))} are not among {labels}")
    classes = [label for label in labels if label in present]
    partitions = {}
    for name in ("train", "dev", "test"):
        members = [row for row in rows if row["partition"] == name]
        if not members:
            raise DataError(
                f"{path}: the {name} partition is empty; make the corpus or the folds larger"
            )
        indices = torch.tensor([classes.index(row["label"]) for row in members])
        partitions[name] = Partition([row["utterance_id"] for row in members], indices)
    return classes, partitions


class Inputs:
    """Padded inputs for any list of utterances.

    Args:
        stores: {modality: feature file}.
        lengths: {modality: time steps}; longer sequences are cut, shorter ones zero-padded at the
            end.
        scalers: {modality: (mean [feature], deviation [feature])}, applied to valid frames only.
        dtype: of the tensors handed out.
        reads: what a model reads besides: "lengths" (valid steps of each modality), "tokens" (rows
            of the word vectors in place of these).
        prosody: file with one row of values an utterance, None if it is not read.
    """

    def __init__(
        self,
        stores: Mapping[str, RaggedStore],
        lengths: Mapping[str, int],
        scalers: Mapping[str, tuple[np.ndarray, np.ndarray]],
        dtype: torch.dtype,
        reads: Sequence[str] = (),
        prosody: RaggedStore | None = None,
    ) -> None:
        self.stores = stores
        self.lengths = lengths
        self.scalers = scalers
        self.dtype = dtype
        self.reads = reads
        self.prosody = prosody

    def batch(self, ids: Sequence[str]) -> dict[str, torch.Tensor]:
        """Inputs of the utterances, in their order.

        Returns:
            {modality: [batch, time, feature]}; if they are read, `text_tokens [batch, time]` int64
            in place of text, `<modality>_lengths [batch]` int64, `prosody [batch, value]`.
        """
        batch = {}
        for name in self.stores:
            tokens = name == "text" and "tokens" in self.reads
            batch["text_tokens" if tokens else name] = (
                self._pad_tokens(ids) if tokens else self._pad(name, ids)
            )
            if "lengths" in self.reads:
                batch[f"{name}_lengths"] = self._valid(name, ids)
        if self.prosody is not None:
            rows = np.concatenate([self.prosody[utterance] for utterance in ids])
            if "prosody" in self.scalers:
                mean, deviation = self.scalers["prosody"]
                rows = (rows - mean) / deviation
            batch["prosody"] = torch.from_numpy(rows).to(self.dtype)
        return batch

    def _pad(self, name: str, ids: Sequence[str]) -> torch.Tensor:
        store, length = self.stores[name], self.lengths[name]
        padded = np.zeros((len(ids), length, store.dim), dtype=np.float32)
        for row, utterance in zip(padded, ids, strict=True):
            values = store[utterance][:length]
            if name in self.scalers:
                mean, deviation = self.scalers[name]
                values = (values - mean) / deviation
            row[: len(values)] = values
        return torch.from_numpy(padded).to(self.dtype)

    def _pad_tokens(self, ids: Sequence[str]) -> torch.Tensor:
        padded = np.zeros((len(ids), self.lengths["text"]), dtype=np.int64)
        for row, utterance in zip(padded, ids, strict=True):
            tokens = self.stores["text"].tokens(utterance)[: len(row)]
            row[: len(tokens)] = tokens
        return torch.from_numpy(padded)

    def _valid(self, name: str, ids: Sequence[str]) -> torch.Tensor:
        store, length = self.stores[name], self.lengths[name]
        return torch.tensor([min(store.length(utterance), length) for utterance in ids])


def fit_scaler(
    store: RaggedStore, ids: Sequence[str], length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each coefficient over the valid frames of some utterances.

    Frames beyond `length` are never seen by a model and do not count. A constant coefficient keeps
    its scale. Returns two arrays [feature], float32.
    """
    count, total, squares = 0, np.zeros(store.dim), np.zeros(store.dim)
    for utterance in ids:
        values = store[utterance][:length].astype(np.float64)
        count += len(values)
        total += values.sum(axis=0)
        squares += (values**2).sum(axis=0)
    if count == 0:
        raise DataError("No training utterance has a frame to standardise by")
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    deviation[deviation < 1e-8] = 1
    return mean.astype(np.float32), deviation.astype(np.float32)
