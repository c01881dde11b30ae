"""Training of several seeds side by side, up to their predictions (section 3 of the paper).

A check is an evaluation on the development partition. The weights of a run's best check predict
the development and test partitions.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from emofusion.errors import DataError
from emofusion.training.checkpoint import Checkpoint
from emofusion.training.data import Inputs, Partition, Selection
from emofusion.training.optimiser import Adam, Plateau
from emofusion.training.stack import Stack

log = logging.getLogger(__name__)

EXPLODED = 1e3
"""Above this loss (nats) training counts as diverged; chance is log 7 = 1.9."""

EVALUATION_BATCH = 128
"""Batch size without gradients."""

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray], float]
"""A registered metric: `emofusion.evaluation.metrics`."""


@dataclass(frozen=True)
class Settings:
    """How a run is trained; `docs/reproduce.md` says which model is trained how."""

    learning_rate: float  # of Adam
    batch_size: int
    replacement: bool  # batches drawn with replacement, not from a new order each epoch
    clip_value: float | None  # of each element of a gradient
    clip_norm: float | None  # of each parameter's gradient
    class_weight: str  # none or balanced: each class counts alike in the training loss
    epochs_per_check: float  # epochs between two checks on the development partition
    select_on: str  # one of SELECTABLE or a registered metric: the best check by it is kept
    plateau_factor: float  # the learning rate is multiplied by it ...
    plateau_patience: (
        int | None
    )  # ... after more than this many checks without a lower development loss
    stop_patience: int  # checks without a better one before the end
    mixed_precision: bool  # matrix products of the training steps in bfloat16
    max_epochs: int
    max_steps: int | None
    loss: str = "softmax"  # or sigmoid, soft; see `batch_loss`


@dataclass(frozen=True)
class Check:
    """One line of a run's history; losses are means over utterances, in nats.

    With `class_weight` balanced the training loss is the class-weighted mean; the development loss
    never is. `dev_registered` is the registered metric that selects, if one does.
    """

    epoch: float
    train_loss: float
    dev_loss: float
    dev_accuracy: float
    dev_balanced_accuracy: float
    dev_macro_f1: float
    learning_rate: float
    dev_registered: float | None = None

    def selection_score(self, select_on: str) -> float:
        """Selection score of this check; larger is better."""
        if self.dev_registered is not None:
            return self.dev_registered
        value = getattr(self, f"dev_{select_on}")
        return -value if select_on == "loss" else value

    def columns(self, select_on: str) -> dict[str, float]:
        """A row of history.csv; the registered metric has its own name there."""
        row = asdict(self)
        registered = row.pop("dev_registered")
        return row if registered is None else row | {f"dev_{select_on}": registered}


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: its history and its best check, with the weights of that check.

    `probabilities` are {"dev" and "test": class probabilities [utterance, classes]}, `seconds` is
    the run's share of the training time.
    """

    history: list[Check]
    best: Check
    weights: dict[str, torch.Tensor]
    probabilities: dict[str, np.ndarray]
    seconds: float

    def stopped_early(self, patience: int) -> bool:
        """Whether training ended because `patience` checks brought no gain, not at a bound."""
        return len(self.history) - 1 - self.history.index(self.best) >= patience


def derived_seeds(seed: int) -> tuple[int, int, int]:
    """Three independent seeds of a run: initial weights, order of the utterances, dropout."""
    weights, order, dropout = np.random.SeedSequence(seed).generate_state(3)
    return int(weights), int(order), int(dropout)


def train(
    model: nn.Module,
    starts: Mapping[int, Mapping[str, torch.Tensor]],
    inputs: Inputs,
    partitions: Mapping[str, Partition],
    *,
    settings: Settings,
    checkpoint: Checkpoint,
    metric: Metric | None = None,
) -> dict[int, Outcome]:
    """Train on `train`, choose the check on `dev`, then predict `dev` and `test` once with it.

    Adam on the loss, until the development partition has not improved for some checks. The
    seeds take their steps side by side. Each has its own initial weights, order, dropout, learning
    rate and end: but for rounding, a seed's result does not depend on the others. Training that was
    killed continues from its checkpoint and ends as if it had never stopped.

    Args:
        model: the architecture, on the device that the inputs come on.
        starts: {seed: state dict to begin with}.
        inputs: the inputs of all utterances.
        partitions: train, dev and test.
        settings: how to train.
        checkpoint: one checkpoint of all seeds.
        metric: the registered metric that `select_on` names, if it names one.

    Raises:
        DataError: a training loss is not finite or above EXPLODED (names the seed, the epoch and
            the batch; found at the next check), or the registered metric is not finite.
    """
    training = _Training(model, starts, inputs, partitions, settings, metric)
    saved = checkpoint.load()
    if saved is not None:
        training.restore(saved)
        log.info("going on from epoch %.2f", max(run.epoch for run in training.runs))
    while training.unfinished:
        training.step()
        if checkpoint.due():
            checkpoint.save(training.state())
    checkpoint.save(training.state())  # before the last predictions the job may still be killed
    return training.outcomes()


class _Run:
    """The state of one seed, from step to step."""

    def __init__(self, seed: int, row: torch.Tensor, count: int, settings: Settings) -> None:
        _, order, dropout = derived_seeds(seed)
        self.seed, self.count, self.settings = seed, count, settings
        self.optimiser = Adam(row, settings.learning_rate)
        self.schedule = Plateau(self.optimiser, settings.plateau_factor, settings.plateau_patience)
        self.order = torch.Generator().manual_seed(order)
        self.dropout = torch.Generator().manual_seed(dropout)
        self.waiting = torch.empty(0, dtype=torch.int64)  # rows of this epoch still to come
        self.losses: list[torch.Tensor] = []  # of the batches since the last check
        self.sizes: list[int] = []
        self.steps = 0
        self.history: list[Check] = []
        self.best_number = 0
        self.best_weights: dict[str, torch.Tensor] = {}
        self.seconds = 0.0

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(self.count / self.settings.batch_size)

    @property
    def epoch(self) -> float:
        return self.steps / self.steps_per_epoch

    @property
    def best(self) -> Check:
        return self.history[self.best_number]

    def next_rows(self) -> torch.Tensor:
        """Utterances of the next batch."""
        size = self.settings.batch_size
        if self.settings.replacement:
            return torch.randint(self.count, (min(size, self.count),), generator=self.order)
        if not len(self.waiting):
            self.waiting = torch.randperm(self.count, generator=self.order)
        rows, self.waiting = self.waiting[:size], self.waiting[size:]
        return rows

    def step(self, gradient: torch.Tensor, loss: torch.Tensor, size: int) -> None:
        """Update the weights by a batch's gradient [weight]."""
        self.optimiser.step(gradient)
        self.losses.append(loss)
        self.sizes.append(size)
        self.steps += 1

    @property
    def check_is_due(self) -> bool:
        """Whether a check is due, every so many epochs or at the bound."""
        return self.steps % self.steps_per_check == 0 or self.at_bound

    @property
    def steps_per_check(self) -> int:
        """Steps of the whole epochs, plus those of a part of one, rounded up; at least one."""
        whole, part = divmod(self.settings.epochs_per_check, 1)
        steps = math.ceil(round(part * self.count / self.settings.batch_size, 9))
        return max(1, int(whole) * self.steps_per_epoch + steps)

    def check(
        self,
        logits: torch.Tensor,
        labels: torch.Tensor,
        targets: torch.Tensor,
        metric: Metric | None = None,
    ) -> bool:
        """Record a development check; return whether it is the best so far.

        The loss is that of the targets, everything else that of the labels.
        """
        self.history.append(
            Check(
                epoch=self.epoch,
                train_loss=self._train_loss(),
                dev_loss=batch_loss(self.settings.loss, logits, targets).item(),
                **_scores(logits, labels),
                learning_rate=self.optimiser.learning_rate,
                dev_registered=metric and _registered(metric, logits, labels),
            )
        )
        log.info("seed %d: %s", self.seed, self.history[-1])
        self.schedule.step(self.history[-1].dev_loss)
        select_on = self.settings.select_on
        better = self.history[-1].selection_score(select_on) > self.best.selection_score(select_on)
        if len(self.history) == 1 or better:
            self.best_number = len(self.history) - 1
        return self.best_number == len(self.history) - 1

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
        """The state apart from the weights, as tensors and plain values."""
        return {
            "optimiser": self.optimiser.state(),
            "schedule": self.schedule.state(),
            "order": self.order.get_state(),
            "dropout": self.dropout.get_state(),
            "waiting": self.waiting,
            "losses": self.losses,
            "sizes": self.sizes,
            "steps": self.steps,
            "history": [asdict(check) for check in self.history],
            "best_number": self.best_number,
            "best_weights": self.best_weights,
            "seconds": self.seconds,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a state."""
        self.optimiser.restore(state["optimiser"])
        self.schedule.restore(state["schedule"])
        self.order.set_state(state["order"])
        self.dropout.set_state(state["dropout"])
        self.waiting, self.sizes = state["waiting"], state["sizes"]
        self.losses = [loss.to(self.optimiser.weights.device) for loss in state["losses"]]
        self.steps, self.seconds = state["steps"], state["seconds"]
        self.history = [Check(**check) for check in state["history"]]
        self.best_number, self.best_weights = state["best_number"], state["best_weights"]

    def _train_loss(self) -> float:
        """Mean training loss since the last check; each batch counts by its size."""
        losses, sizes = torch.stack(self.losses).cpu(), torch.tensor(self.sizes)
        bad = (~(losses < EXPLODED)).nonzero()  # `~(x < limit)` also catches NaN
        if len(bad):
            step = self.steps - len(losses) + int(bad[0])
            raise DataError(
                f"Seed {self.seed}: the training loss is {losses[bad[0]].item():g} in epoch "
                f"{step // self.steps_per_epoch + 1}, batch {step % self.steps_per_epoch + 1}; "
                "lower `training.learning_rate`, or look at the features (the seeds of its job end "
                "with it: --config seeds_per_job=1 trains the others)"
            )
        self.losses, self.sizes = [], []
        return ((losses * sizes).sum() / sizes.sum()).item()


class _Training:
    """The seeds of a job; the unfinished ones are trained together, as one stack."""

    def __init__(
        self,
        model: nn.Module,
        starts: Mapping[int, Mapping[str, torch.Tensor]],
        inputs: Inputs,
        partitions: Mapping[str, Partition],
        settings: Settings,
        metric: Metric | None = None,
    ) -> None:
        self.model, self.settings, self.metric = model, settings, metric
        self.data = {name: inputs.select(partition.ids) for name, partition in partitions.items()}
        self.labels = {name: partition.labels for name, partition in partitions.items()}
        self.targets = {
            name: one.labels if one.targets is None else one.targets
            for name, one in partitions.items()
        }
        self.stack = Stack(model, list(starts.values()))
        self.runs = [
            _Run(seed, row, len(self.labels["train"]), settings)
            for seed, row in zip(starts, self.stack.weights, strict=True)
        ]
        self.unfinished = self.runs

    def step(self) -> None:
        """One batch of each seed, and the check that may follow."""
        started = time.perf_counter()
        unfinished = self.unfinished
        rows = torch.stack([run.next_rows() for run in unfinished])
        self.stack.train()
        # A GPU runs asynchronously: no part of a step waits for it.
        targets = self.targets["train"][rows].to(self.stack.weights.device, non_blocking=True)
        losses, gradients = self.stack.gradients(
            self.data["train"].batch(rows),
            [run.dropout for run in unfinished],
            lambda logits, seeds: self._losses(logits, targets[seeds]),
            self.settings.mixed_precision,
        )
        gradients = _clipped(gradients, self.stack.spans, self.settings)
        for run, gradient, loss in zip(unfinished, gradients, losses, strict=True):
            run.step(gradient, loss, rows.shape[1])
        if unfinished[0].check_is_due:
            self._check()
        for run in unfinished:
            run.seconds += (time.perf_counter() - started) / len(unfinished)

    def _losses(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean over the batch of each seed, [seed]."""
        weights = None
        if self.settings.class_weight == "balanced":
            weights = _balanced(self.labels["train"], logits.shape[-1])
            weights = weights.to(self.stack.weights, non_blocking=True)
        kind = self.settings.loss
        of_seeds = zip(logits, targets, strict=True)
        return torch.stack([batch_loss(kind, *of_seed, weights) for of_seed in of_seeds])

    def _check(self) -> None:
        """Evaluate the development partition; finished seeds leave the stack."""
        logits = predict(self.stack, self.data["dev"], len(self.labels["dev"]))
        labels, targets = self.labels["dev"], self.targets["dev"]
        for number, run in enumerate(self.unfinished):
            if run.check(logits[number], labels, targets, self.metric):
                run.best_weights = self.stack.state_dict(number)
            if run.at_bound:
                log.warning(
                    "seed %d: training reached its bound (max_epochs or max_steps)", run.seed
                )
        left = [number for number, run in enumerate(self.unfinished) if not run.finished]
        if len(left) < len(self.unfinished):
            states = [self.stack.state_dict(number) for number in left]
            self._continue_with([self.unfinished[number] for number in left], states)

    def _continue_with(
        self, runs: list[_Run], states: Sequence[Mapping[str, torch.Tensor]]
    ) -> None:
        self.unfinished = runs
        if not runs:
            return
        self.stack = Stack(self.model, states)
        for run, row in zip(runs, self.stack.weights, strict=True):
            run.optimiser.weights = row

    def state(self) -> dict[str, Any]:
        """The whole state, as tensors and plain values."""
        return {
            "runs": [run.state() for run in self.runs],
            "weights": [self.stack.state_dict(number) for number in range(len(self.unfinished))],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a state."""
        for run, of_run in zip(self.runs, state["runs"], strict=True):
            run.restore(of_run)
        self._continue_with([run for run in self.runs if not run.finished], state["weights"])

    def outcomes(self) -> dict[int, Outcome]:
        """Predictions of the best checks."""
        best = Stack(self.model, [run.best_weights for run in self.runs])
        logits = {
            name: predict(best, self.data[name], len(self.labels[name])) for name in ("dev", "test")
        }
        return {
            run.seed: Outcome(
                history=run.history,
                best=run.best,
                weights=run.best_weights,
                probabilities={
                    name: found[i].softmax(dim=1).numpy() for name, found in logits.items()
                },
                seconds=run.seconds,
            )
            for i, run in enumerate(self.runs)
        }


def batch_loss(
    kind: str, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean cross-entropy of a batch, in nats.

    Args:
        kind: softmax, the usual cross-entropy of the true class; soft, that of a distribution over
            the classes; or sigmoid, the binary cross-entropy of each class, averaged over the
            classes, as TensorFlow's
            `sigmoid_cross_entropy_with_logits` and `reduce_mean` give it.
        logits: [batch, classes].
        targets: labels [batch] int64; for soft their probabilities [batch, classes].
        weights: class weights [classes]; the mean over the batch is weighted by them.
    """
    if kind == "softmax":
        return nn.functional.cross_entropy(logits, targets, weight=weights)
    if kind == "soft":
        weighted = targets.to(logits) if weights is None else targets.to(logits) * weights
        return -(weighted * logits.log_softmax(dim=-1)).sum() / weighted.sum()
    ones = nn.functional.one_hot(targets, logits.shape[-1]).to(logits)
    loss = nn.functional.binary_cross_entropy_with_logits
    losses = loss(logits, ones, reduction="none").mean(dim=-1)
    if weights is None:
        return losses.mean()
    return (losses * weights[targets]).sum() / weights[targets].sum()


def _clipped(gradients: torch.Tensor, spans: Sequence[slice], settings: Settings) -> torch.Tensor:
    """Gradients [seed, weight], clipped."""
    if settings.clip_value is not None:
        gradients.clamp_(-settings.clip_value, settings.clip_value)
    if settings.clip_norm is not None:
        for span in spans:
            norms = gradients[:, span].norm(dim=1, keepdim=True)
            gradients[:, span] *= (settings.clip_norm / norms.clamp(min=1e-12)).clamp(max=1)
    return gradients


@torch.no_grad()
def predict(stack: Stack, data: Selection, count: int) -> torch.Tensor:
    """Logits [seed, utterance, classes] of the first `count` utterances, on the CPU."""
    stack.train(False)
    rows = torch.arange(count)
    batches = rows.split(EVALUATION_BATCH)
    return torch.cat([_of_all_seeds(stack, data.batch(batch)) for batch in batches], dim=1)


def _of_all_seeds(stack: Stack, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """All seeds on the same batch."""
    shared = {name: values.expand(len(stack), *values.shape) for name, values in batch.items()}
    return stack(shared).cpu()


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


def _registered(metric: Metric, logits: torch.Tensor, labels: torch.Tensor) -> float:
    """A registered metric of logits [utterance, classes].

    Raises:
        DataError: it is not a finite number.
    """
    probabilities = logits.softmax(dim=1).numpy()
    value = float(metric(labels.numpy(), probabilities.argmax(axis=1), probabilities))
    if not math.isfinite(value):
        raise DataError(
            f"training.select_on: the metric is {value} on the development partition, expected a "
            "finite number; fix its function"
        )
    return value


def _balanced(labels: torch.Tensor, classes: int) -> torch.Tensor:
    """n / (classes x size of the class) [classes]: every class counts alike."""
    return len(labels) / (classes * torch.bincount(labels, minlength=classes).clamp(min=1))
