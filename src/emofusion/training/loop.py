"""Training of one run, up to the test predictions of its best epoch (section 3)."""

import copy
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from emofusion.errors import DataError
from emofusion.training.data import Inputs, Partition

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Epoch:
    """One line of a run's history; losses are means over utterances, in nats."""

    epoch: int
    train_loss: float
    dev_loss: float
    dev_accuracy: float
    learning_rate: float


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: history, best epoch, and class probabilities [n, classes] there."""

    history: list[Epoch]
    best: Epoch
    probabilities: dict[str, np.ndarray]
    seconds: float


def streams(seed: int) -> tuple[int, int, int]:
    """Three independent seeds of a run: initial weights, order of the utterances, dropout."""
    weights, order, dropout = np.random.SeedSequence(seed).generate_state(3)
    return int(weights), int(order), int(dropout)


def train(
    model: nn.Module,
    inputs: Inputs,
    partitions: Mapping[str, Partition],
    *,
    order_seed: int,
    dropout_seed: int,
    device: torch.device,
    learning_rate: float,
    batch_size: int,
    plateau_factor: float,
    plateau_patience: int,
    stop_patience: int,
    max_epochs: int,
) -> Outcome:
    """Train on `train`, choose the epoch on `dev`, then predict `dev` and `test` once with it.

    Adam on the cross-entropy; the learning rate falls when the development loss has not fallen for
    more than `plateau_patience` epochs; training ends when the development accuracy has not risen
    for `stop_patience` epochs.

    Raises:
        DataError: the loss is not finite; names the epoch and the batch.
    """
    started = time.perf_counter()
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=plateau_factor, patience=plateau_patience
    )
    order = torch.Generator().manual_seed(order_seed)
    torch.manual_seed(dropout_seed)
    history: list[Epoch] = []
    best, best_weights = None, None
    while len(history) < max_epochs:
        epoch = len(history) + 1
        rate = optimiser.param_groups[0]["lr"]
        train_loss = _train_epoch(
            model, inputs, partitions["train"], optimiser, order, batch_size, device, epoch
        )
        logits = predict(model, inputs, partitions["dev"], batch_size, device)
        dev_loss = nn.functional.cross_entropy(logits, partitions["dev"].labels).item()
        hits = logits.argmax(dim=1) == partitions["dev"].labels
        history.append(Epoch(epoch, train_loss, dev_loss, hits.double().mean().item(), rate))
        log.info("%s", history[-1])
        schedule.step(dev_loss)
        if best is None or history[-1].dev_accuracy > best.dev_accuracy:
            best, best_weights = history[-1], copy.deepcopy(model.state_dict())
        elif epoch - best.epoch >= stop_patience:
            break
    else:
        log.warning("training.max_epochs = %d ended the run before early stopping", max_epochs)
    model.load_state_dict(best_weights)
    probabilities = {
        name: predict(model, inputs, partitions[name], batch_size, device).softmax(dim=1).numpy()
        for name in ("dev", "test")
    }
    return Outcome(history, best, probabilities, time.perf_counter() - started)


def _train_epoch(
    model: nn.Module,
    inputs: Inputs,
    partition: Partition,
    optimiser: torch.optim.Optimizer,
    order: torch.Generator,
    batch_size: int,
    device: torch.device,
    epoch: int,
) -> float:
    model.train()
    shuffled = torch.randperm(len(partition.ids), generator=order)
    losses = []
    for rows in shuffled.split(batch_size):
        batch = _on(device, inputs.batch([partition.ids[row] for row in rows]))
        loss = nn.functional.cross_entropy(model(batch), partition.labels[rows].to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach() * len(rows))
    values = torch.stack(losses).cpu()
    if not values.isfinite().all():
        batch_number = int((~values.isfinite()).nonzero()[0]) + 1
        raise DataError(
            f"The training loss is {values[batch_number - 1].item()} in epoch {epoch}, "
            f"batch {batch_number}; a finite number was expected. Lower training.learning_rate "
            "or look at the features"
        )
    return values.sum().item() / len(partition.ids)


@torch.no_grad()
def predict(
    model: nn.Module, inputs: Inputs, partition: Partition, batch_size: int, device: torch.device
) -> torch.Tensor:
    """Logits [n, classes] of a partition, on the CPU, in its order."""
    model.eval()
    return torch.cat(
        [model(_on(device, inputs.batch(ids))).cpu() for ids in _chunks(partition.ids, batch_size)]
    )


def _chunks(ids: list[str], size: int) -> Iterator[list[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _on(device: torch.device, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: values.to(device) for name, values in batch.items()}
