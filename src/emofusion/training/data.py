"""The data of one fold: ragged features, padded and standardised batch by batch."""

import csv
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch

from emofusion.errors import DataError
from emofusion.features.store.read import Sequences

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Partition:
    """Utterances of one partition.

    Attributes:
        ids: of the utterances.
        labels: indices into the classes of the split, the configured labels that occur (see
            `read_split`), [n] int64.
        targets: the probability of each class that training aims at, [n, class] float64; None: one
            for the label.
    """

    ids: list[str]
    labels: torch.Tensor
    targets: torch.Tensor | None = None


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


def with_votes(
    partitions: Mapping[str, Partition], path: Path, classes: Sequence[str]
) -> dict[str, Partition]:
    """The partitions with the shares of the annotators' votes as targets.

    Votes for other classes do not count. An utterance without a vote keeps its label as target.

    Args:
        partitions: as `read_split` gives them.
        path: table of votes: utterance_id and one column of counts per class.
        classes: as `read_split` gives them.
    """
    with path.open(newline="", encoding="utf-8") as file:
        votes = {
            row["utterance_id"]: [float(row[name]) for name in classes]
            for row in csv.DictReader(file)
        }
    found = {}
    for name, partition in partitions.items():
        hard = torch.nn.functional.one_hot(partition.labels, len(classes)).double()
        rows = [votes.get(one, [0.0] * len(classes)) for one in partition.ids]
        counts = torch.tensor(rows, dtype=torch.float64)
        total = counts.sum(dim=1, keepdim=True)
        targets = torch.where(total > 0, counts / total.clamp(min=1), hard)
        found[name] = replace(partition, targets=targets)
    return found


class Inputs:
    """Padded inputs for any utterances.

    Args:
        stores: {modality: feature file}.
        lengths: {modality: time steps}; longer sequences are cut, shorter ones zero-padded at the
            end.
        scalers: {modality: (mean [feature], deviation [feature])}, applied to valid frames only.
        dtype: type of the tensors handed out.
        reads: what a model reads besides padded features: "lengths" (valid steps of each modality),
            "tokens" (each word's row in the embedding, in place of its vector).
        prosody: file with one row of values an utterance, None if it is not read.
        device: device of the tensors handed out. On a GPU with room for them the features are
            copied there once, and batches are gathered there.

    Raises:
        DataError: tokens are read, and the text file holds frames.
    """

    def __init__(
        self,
        stores: Mapping[str, Sequences],
        lengths: Mapping[str, int],
        scalers: Mapping[str, tuple[np.ndarray, np.ndarray]],
        dtype: torch.dtype,
        reads: Sequence[str] = (),
        prosody: Sequences | None = None,
        device: torch.device = CPU,
    ) -> None:
        self.stores = stores
        self.lengths = lengths
        self.scalers = scalers
        self.dtype = dtype
        self.reads = reads
        self.prosody = prosody
        self.device = device
        read = {name: (store, lengths[name]) for name, store in stores.items()}
        if prosody is not None:
            read["prosody"] = (prosody, 1)
        self.home = _home([store for store, _ in read.values()], device)
        source = _Mapped if self.home == CPU else partial(_Table, home=self.home)
        self.sources = {
            name: source(
                store, length, scalers.get(name), dtype, name == "text" and "tokens" in reads
            )
            for name, (store, length) in read.items()
        }

    def select(self, ids: Sequence[str]) -> "Selection":
        """Some utterances, looked up once, to draw batches from.

        Raises:
            DataError: a feature file does not know an utterance.
        """
        return Selection(self, ids)

    def batch(self, ids: Sequence[str]) -> dict[str, torch.Tensor]:
        """Inputs of the utterances, in their order; see `Selection.batch`."""
        return self.select(ids).batch(torch.arange(len(ids)))


class Selection:
    """Some utterances, and their places in each feature file; see `Inputs.select`."""

    def __init__(self, inputs: Inputs, ids: Sequence[str]) -> None:
        self._inputs = inputs
        self._places = {name: source.places(ids) for name, source in inputs.sources.items()}

    def batch(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
        """Inputs of the utterances at some positions.

        Args:
            rows: [*, batch] int64; seeds that are trained side by side each have their own.

        Returns:
            {modality: [*, batch, time, feature]}; if they are read, `text_tokens [*, batch, time]`
            int64 in place of text, `<modality>_lengths [*, batch]` int64, `prosody [*, batch,
            value]`. In memory time comes before batch: a convolution over time is then one matrix
            product without a copy, and a recurrence steps through contiguous memory.
        """
        # Nothing here makes the host wait for a GPU.
        batch, device = {}, self._inputs.device
        rows = rows.to(self._inputs.home, non_blocking=True)
        for name, source in self._inputs.sources.items():
            places = self._places[name][rows]
            padded = source.gather(places).to(device, non_blocking=True)
            padded = padded.transpose(rows.dim() - 1, rows.dim())
            if name == "prosody":
                batch[name] = padded.squeeze(-2)
                continue
            batch["text_tokens" if source.tokens else name] = padded
            if "lengths" in self._inputs.reads:
                lengths = places[..., -1].clamp(max=source.length)
                batch[f"{name}_lengths"] = lengths.to(device, non_blocking=True)
        return batch


class _Mapped:
    """Gathers sequences from a mapped feature file, part by part: only what is used is read."""

    def __init__(
        self,
        store: Sequences,
        length: int,
        scaler: tuple[np.ndarray, np.ndarray] | None,
        dtype: torch.dtype,
        tokens: bool,
    ) -> None:
        self.store, self.length, self.tokens = store, length, tokens
        self.dtype = torch.int64 if tokens else dtype
        self.parts = [_tensor(part) for part in (store.token_parts if tokens else store.parts)]
        vectors = None if tokens else store.embedding
        self.embedding = None if vectors is None else _tensor(vectors)
        self.scaler = scaler and [_tensor(values) for values in scaler]

    def places(self, ids: Sequence[str]) -> torch.Tensor:
        """Part, first row and length of each utterance, [utterance, 3] int64."""
        places = [self.store.place(utterance) for utterance in ids]
        return torch.tensor(places, dtype=torch.int64).reshape(-1, 3)

    def gather(self, places: torch.Tensor) -> torch.Tensor:
        """The sequences at some places [*, batch, 3], padded: [*, time, batch, feature]."""
        part, start, length = places.unsqueeze(-3).unbind(-1)  # [*, 1, batch] each
        step = torch.arange(self.length)[:, None]
        row, valid = (start + step).flatten(), step < length
        found = [
            (valid & (part == number)).flatten().nonzero().squeeze(1)
            for number in range(len(self.parts))
        ]
        frames = self._frames([row[here] for here in found])
        source = torch.zeros_like(row)  # padding reads frame 0, the frame of zeros
        source[torch.cat(found)] = torch.arange(1, len(frames))
        return frames.index_select(0, source).unflatten(0, valid.shape)

    def _frames(self, rows: list[torch.Tensor]) -> torch.Tensor:
        """A frame of zeros, then those at the rows of each part, standardised: [frame, feature]."""
        table = self.parts[0] if self.embedding is None else self.embedding
        sizes = [len(chosen) for chosen in rows]
        frames = table.new_empty(1 + sum(sizes), *table.shape[1:])
        frames[0] = 0
        targets = frames[1:].split(sizes)
        for values, chosen, target in zip(self.parts, rows, targets, strict=True):
            if self.embedding is not None:
                values, chosen = self.embedding, values[chosen]
            torch.index_select(values, 0, chosen, out=target)
        if self.scaler:
            mean, deviation = self.scaler
            frames[1:].sub_(mean).div_(deviation)
        return frames.to(self.dtype)


class _Table:
    """Gathers sequences from a feature file that is one table on a GPU.

    To sort rows by part, as `_Mapped` does, the host would have to wait at each batch for the GPU
    to count them.
    """

    def __init__(
        self,
        store: Sequences,
        length: int,
        scaler: tuple[np.ndarray, np.ndarray] | None,
        dtype: torch.dtype,
        tokens: bool,
        home: torch.device,
    ) -> None:
        self.store, self.length, self.tokens, self.home = store, length, tokens, home
        self.dtype = torch.int64 if tokens else dtype
        self.parts = store.token_parts if tokens else store.parts
        self.table = _joined(self.parts, home)
        self.embedding = None
        if store.embedding is not None and not tokens:
            self.embedding = _joined([store.embedding], home)
            # `_joined` puts a row of zeros before the vectors: a word's row moves by one, and
            # padding, which stays 0, finds the zeros.
            self.table[1:] += 1
        if scaler:
            mean, deviation = (_tensor(values).to(home) for values in scaler)
            self.table[1:].sub_(mean).div_(deviation)

    def places(self, ids: Sequence[str]) -> torch.Tensor:
        """First row in the table and length of each utterance, [utterance, 2] int64."""
        starts = list(accumulate(map(len, self.parts), initial=1))
        found = (self.store.place(utterance) for utterance in ids)
        places = [(starts[part] + first, length) for part, first, length in found]
        return torch.tensor(places, dtype=torch.int64, device=self.home).reshape(-1, 2)

    def gather(self, places: torch.Tensor) -> torch.Tensor:
        """The sequences at some places [*, batch, 2], padded: [*, time, batch, feature]."""
        start, length = places.unsqueeze(-3).unbind(-1)  # [*, 1, batch] each
        step = torch.arange(self.length, device=self.home)[:, None]
        source = torch.where(step < length, start + step, 0)
        frames = self.table.index_select(0, source.flatten())
        if self.embedding is not None:
            frames = self.embedding.index_select(0, frames)
        return frames.to(self.dtype).unflatten(0, source.shape)


def _home(stores: Sequence[Sequences], device: torch.device) -> torch.device:
    """Device for the features: the GPU if they fit in half its free memory."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        if sum(part.nbytes for store in stores for part in store.parts) < free / 2:
            return device
    return CPU


def _tensor(values: np.ndarray) -> torch.Tensor:
    with warnings.catch_warnings():
        # Mapped files are read-only, of which torch warns; nothing here writes to them.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(values)


def _joined(parts: Sequence[np.ndarray], device: torch.device) -> torch.Tensor:
    """A row of zeros, then the rows of all parts."""
    sizes = list(map(len, parts))
    like = _tensor(parts[0])
    table = like.new_zeros(1 + sum(sizes), *like.shape[1:], device=device)
    for part, rows in zip(parts, table[1:].split(sizes), strict=True):
        rows.copy_(_tensor(part))
    return table


def fit_scaler(store: Sequences, ids: Sequence[str], length: int) -> tuple[np.ndarray, np.ndarray]:
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
