"""Training of one run, up to the test predictions of its best check (section 3 of the paper)."""

import copy
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from emofusion.errors import DataError
from emofusion.training.checkpoint import Checkpoint
from emofusion.training.data import Inputs, Partition

log = logging.getLogger(__name__)

EXPLODED = 1e3
"""A loss in nats beyond any use; chance is at log(7) = 1.9."""


@dataclass(frozen=True)
class Settings:
    """How a run is trained; `docs/reproduce.md` says which model is trained how."""

    learning_rate: float  # of Adam
    batch_size: int
    replacement: bool  # batches drawn with replacement, not from a new order each epoch
    clip_value: float | None  # of each element of a gradient
    clip_norm: float | None  # of each parameter's gradient
    class_weight: str  # none or balanced: each class counts alike in the training loss
    epochs_per_check: float  # how often the development partition is looked at
    select_on: str  # accuracy, balanced_accuracy, macro_f1 or loss: the best check by it is kept
    plateau_factor: float  # the learning rate is multiplied by it ...
    plateau_patience: int | None  # ... after more checks without a lower development loss
    stop_patience: int  # checks without a better one before the end
    max_epochs: int
    max_steps: int | None


@dataclass(frozen=True)
class Check:
    """One line of a run's history; losses are means over utterances, in nats."""

    epoch: float
    train_loss: float
    dev_loss: float
    dev_accuracy: float
    dev_balanced_accuracy: float
    dev_macro_f1: float
    learning_rate: float

    def merit(self, select_on: str) -> float:
        """What is to be as large as possible."""
        value = getattr(self, f"dev_{select_on}")
        return -value if select_on == "loss" else value


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: history, best check, its weights and class probabilities [n, classes]."""

    history: list[Check]
    best: Check
    weights: dict[str, torch.Tensor]
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
    settings: Settings,
    checkpoint: Checkpoint,
) -> Outcome:
    """Train on `train`, choose the check on `dev`, then predict `dev` and `test` once with it.

    Adam on the cross-entropy, until the development partition has not improved for some checks. A
    run whose checkpoint is there goes on from it, and ends as if it had never stopped.

    Raises:
        DataError: the loss is not finite, or explodes; names the epoch and the batch.
    """
    run = _Run(model, inputs, partitions, order_seed, dropout_seed, device, settings)
    saved = checkpoint.load()
    if saved is not None:
        run.restore(saved)
        log.info("going on from epoch %.2f", run.epoch)
    while not run.finished:
        run.step()
        if run.check_is_due():
            run.check()
        if checkpoint.due():
            checkpoint.save(run.state())
    if run.at_bound:
        log.warning("a bound (max_epochs, max_steps) ended the run before early stopping")
    checkpoint.save(run.state())  # another seed of the same job may still be killed
    model.load_state_dict(run.best_weights)
    probabilities = {
        name: predict(model, inputs, partitions[name], settings.batch_size, device)
        .softmax(dim=1)
        .numpy()
        for name in ("dev", "test")
    }
    return Outcome(run.history, run.best, run.best_weights, probabilities, run.seconds())


class _Run:
    """All that a run carries from step to step."""

    def __init__(
        self,
        model: nn.Module,
        inputs: Inputs,
        partitions: Mapping[str, Partition],
        order_seed: int,
        dropout_seed: int,
        device: torch.device,
        settings: Settings,
    ) -> None:
        self.model, self.inputs, self.partitions = model, inputs, partitions
        self.device, self.settings = device, settings
        self.optimiser = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
        patience = settings.plateau_patience
        self.schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimiser,
            factor=settings.plateau_factor,
            patience=math.inf if patience is None else patience,
        )
        self.order = torch.Generator().manual_seed(order_seed)
        torch.manual_seed(dropout_seed)
        self.waiting = torch.empty(0, dtype=torch.int64)  # rows of this epoch still to come
        self.losses: list[torch.Tensor] = []  # of the batches since the last check
        self.sizes: list[int] = []
        self.steps = 0
        self.history: list[Check] = []
        self.best_number = 0
        self.best_weights: dict[str, torch.Tensor] = {}
        self.seconds_before, self.started = 0.0, time.perf_counter()

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self.partitions["train"].ids) / self.settings.batch_size)

    @property
    def epoch(self) -> float:
        return self.steps / self.steps_per_epoch

    @property
    def best(self) -> Check:
        return self.history[self.best_number]

    def seconds(self) -> float:
        return self.seconds_before + time.perf_counter() - self.started

    def step(self) -> None:
        """One batch."""
        self.model.train()
        rows = self._next_rows()
        train = self.partitions["train"]
        batch = _on(self.device, self.inputs.batch([train.ids[row] for row in rows]))
        labels = train.labels[rows].to(self.device)
        logits = self.model(batch)
        weights = None
        if self.settings.class_weight == "balanced":
            weights = _balanced(train.labels, logits.shape[1]).to(logits)
        loss = nn.functional.cross_entropy(logits, labels, weight=weights)
        self.optimiser.zero_grad()
        loss.backward()
        self._clip()
        self.optimiser.step()
        self.losses.append(loss.detach())
        self.sizes.append(len(rows))
        self.steps += 1

    def check_is_due(self) -> bool:
        """Whether a check is due, every so many epochs or at the bound."""
        every = max(1, round(self.settings.epochs_per_check * self.steps_per_epoch))
        return self.steps % every == 0 or self.at_bound

    def check(self) -> None:
        """Look at the development partition."""
        dev = self.partitions["dev"]
        logits = predict(self.model, self.inputs, dev, self.settings.batch_size, self.device)
        self.history.append(
            Check(
                epoch=self.epoch,
                train_loss=self._train_loss(),
                dev_loss=nn.functional.cross_entropy(logits, dev.labels).item(),
                **_scores(logits, dev.labels),
                learning_rate=self.optimiser.param_groups[0]["lr"],
            )
        )
        log.info("%s", self.history[-1])
        self.schedule.step(self.history[-1].dev_loss)
        select_on = self.settings.select_on
        if len(self.history) == 1 or (
            self.history[-1].merit(select_on) > self.best.merit(select_on)
        ):
            self.best_number = len(self.history) - 1
            self.best_weights = copy.deepcopy(self.model.state_dict())

    @property
    def finished(self) -> bool:
        """Whether the development partition has not improved for long, or a bound is reached."""
        without_gain = len(self.history) - 1 - self.best_number
        return without_gain >= self.settings.stop_patience or self.at_bound

    @property
    def at_bound(self) -> bool:
        steps = self.settings.max_epochs * self.steps_per_epoch
        return self.steps >= min(steps, self.settings.max_steps or steps)

    def state(self) -> dict[str, Any]:
        """Everything that changes, as tensors and plain values."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "order": self.order.get_state(),
            "dropout": torch.get_rng_state(),
            "dropout_cuda": self._cuda_state(),
            "waiting": self.waiting,
            "losses": self.losses,
            "sizes": self.sizes,
            "steps": self.steps,
            "history": [asdict(check) for check in self.history],
            "best_number": self.best_number,
            "best_weights": self.best_weights,
            "seconds": self.seconds(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.order.set_state(state["order"])
        torch.set_rng_state(state["dropout"])
        if state["dropout_cuda"] is not None:
            torch.cuda.set_rng_state(state["dropout_cuda"], self.device)
        self.waiting, self.sizes = state["waiting"], state["sizes"]
        self.losses = [loss.to(self.device) for loss in state["losses"]]
        self.steps = state["steps"]
        self.history = [Check(**check) for check in state["history"]]
        self.best_number, self.best_weights = state["best_number"], state["best_weights"]
        self.seconds_before = state["seconds"]

    def _next_rows(self) -> torch.Tensor:
        count, size = len(self.partitions["train"].ids), self.settings.batch_size
        if self.settings.replacement:
            return torch.randint(count, (min(size, count),), generator=self.order)
        if not len(self.waiting):
            self.waiting = torch.randperm(count, generator=self.order)
        rows, self.waiting = self.waiting[:size], self.waiting[size:]
        return rows

    def _clip(self) -> None:
        parameters = list(self.model.parameters())
        if self.settings.clip_value is not None:
            nn.utils.clip_grad_value_(parameters, self.settings.clip_value)
        if self.settings.clip_norm is not None:
            for parameter in parameters:
                nn.utils.clip_grad_norm_(parameter, self.settings.clip_norm)

    def _train_loss(self) -> float:
        """Mean over the utterances since the last check."""
        losses, sizes = torch.stack(self.losses).cpu(), torch.tensor(self.sizes)
        bad = (~(losses < EXPLODED)).nonzero()  # NaN is less than nothing
        if len(bad):
            step = self.steps - len(losses) + int(bad[0])
            raise DataError(
                f"The training loss is {losses[bad[0]].item():g} in epoch "
                f"{step // self.steps_per_epoch + 1}, batch {step % self.steps_per_epoch + 1}; "
                "lower `training.learning_rate`, or look at the features"
            )
        self.losses, self.sizes = [], []
        return ((losses * sizes).sum() / sizes.sum()).item()

    def _cuda_state(self) -> torch.Tensor | None:
        return torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None


@torch.no_grad()
def predict(
    model: nn.Module, inputs: Inputs, partition: Partition, batch_size: int, device: torch.device
) -> torch.Tensor:
    """Logits [n, classes] of a partition, on the CPU, in its order."""
    model.eval()
    ids = partition.ids
    batches = (ids[start : start + batch_size] for start in range(0, len(ids), batch_size))
    return torch.cat([model(_on(device, inputs.batch(batch))).cpu() for batch in batches])


def _scores(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Accuracy, balanced accuracy and macro F1, over the classes that occur (as scikit-learn)."""
    classes = logits.shape[1]
    pairs = labels * classes + logits.argmax(dim=1)
    matrix = torch.bincount(pairs, minlength=classes**2).reshape(classes, classes).double()
    hits, true, predicted = matrix.diag(), matrix.sum(dim=1), matrix.sum(dim=0)
    occur = true + predicted > 0
    return {
        "dev_accuracy": (hits.sum() / matrix.sum()).item(),
        "dev_balanced_accuracy": (hits / true)[true > 0].mean().item(),
        "dev_macro_f1": (2 * hits / (true + predicted))[occur].mean().item(),
    }


def _balanced(labels: torch.Tensor, classes: int) -> torch.Tensor:
    """n / (classes x size of the class) [classes]: every class counts alike."""
    return len(labels) / (classes * torch.bincount(labels, minlength=classes).clamp(min=1))


def _on(device: torch.device, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: values.to(device) for name, values in batch.items()}
