import itertools
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from paper import TRAINING
from sklearn.metrics import balanced_accuracy_score, f1_score
from torch import nn

from emofusion.errors import DataError
from emofusion.training import loop
from emofusion.training.checkpoint import Checkpoint
from emofusion.training.data import Partition
from emofusion.training.loop import Settings, derived_seeds, train

SETTINGS = TRAINING | {"learning_rate": 0.05, "batch_size": 8, "stop_patience": 3, "max_epochs": 30}


class Points:
    """Inputs [batch, 1, 2]: the class is the sign of the first feature. Notes who was asked for."""

    def __init__(self):
        self.asked = []

    def select(self, ids):
        def batch(rows):
            if rows.dim() == 2:  # a batch of each seed
                return {"text": torch.stack([batch(row)["text"] for row in rows])}
            return self.batch([ids[row] for row in rows])

        return SimpleNamespace(batch=batch)

    def batch(self, ids):
        self.asked += ids
        signs = [1.0 if name.startswith("pos") else -1.0 for name in ids]
        others = [float(int(name[-1]) % 3) for name in ids]
        return {"text": torch.tensor([signs, others]).T[:, None]}


class Linear(nn.Module):
    def __init__(self, dropout=0.0):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(2, 2)

    def forward(self, inputs):
        return self.linear(self.dropout(inputs["text"][:, 0]))


class Constant(nn.Module):
    """Always the same class, with a loss that training cannot change in development."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, inputs):
        n = len(inputs["text"])
        return torch.tensor([[1.0, 0.0]]).expand(n, 2) + 0.0 * self.weight


def partition(name, n):
    ids = [f"{'pos' if i % 2 else 'neg'}-{name}{i}" for i in range(n)]
    return Partition(ids, torch.tensor([i % 2 for i in range(n)]))


PARTITIONS = {
    "train": partition("train", 32),
    "dev": partition("dev", 8),
    "test": partition("test", 8),
}


def run_seeds(seeds, model=None, inputs=None, drawn_before=0, checkpoint=None, **changes):
    """{seed: outcome}, all from the same initial weights."""
    torch.manual_seed(0)
    model = model or Linear(dropout=0.5)
    torch.rand(drawn_before)
    with TemporaryDirectory() as folder:
        return train(
            model,
            {seed: model.state_dict() for seed in seeds},
            inputs or Points(),
            PARTITIONS,
            settings=Settings(**SETTINGS | changes),
            checkpoint=checkpoint or Checkpoint(Path(folder, "checkpoint.pt"), "key"),
        )


def run(model=None, inputs=None, seed=1, **changes):
    return run_seeds([seed], model, inputs, **changes)[seed]


def test_a_separable_problem_is_learned_and_predicted():
    outcome = run()
    assert outcome.best.dev_accuracy == 1
    assert outcome.probabilities["test"].argmax(axis=1).tolist() == [0, 1] * 4
    np.testing.assert_allclose(outcome.probabilities["test"].sum(axis=1), 1, rtol=1e-6)


def test_the_same_seeds_give_the_same_bits_whatever_was_drawn_before():
    first = run()
    second = run(drawn_before=1000)
    assert first.history == second.history
    assert first.probabilities["test"].tobytes() == second.probabilities["test"].tobytes()


@pytest.mark.parametrize("number", [1, 2])
def test_order_and_dropout_each_have_a_stream_that_matters(monkeypatch, number):
    before = run().history
    changed = [9 if i == number else stream for i, stream in enumerate(derived_seeds(1))]
    monkeypatch.setattr(loop, "derived_seeds", lambda seed: changed)
    assert run().history != before


def test_the_three_streams_of_a_seed_differ_from_each_other_and_from_those_of_the_next_seed():
    assert len({*derived_seeds(1), *derived_seeds(2)}) == 6
    assert derived_seeds(1) == derived_seeds(1)


def test_training_stops_when_accuracy_has_not_risen_for_the_patience():
    outcome = run(Constant(), stop_patience=3)
    assert [epoch.epoch for epoch in outcome.history] == [1, 2, 3, 4]
    assert outcome.best.epoch == 1


def test_the_learning_rate_falls_at_the_eleventh_epoch_without_a_lower_loss():
    rates = [epoch.learning_rate for epoch in run(Constant(), stop_patience=14).history]
    # The first epoch sets the lowest loss; the 11th bad one is epoch 12, so epoch 13 is slower.
    assert rates == pytest.approx([0.05] * 12 + [0.005] * 3)


def test_the_bound_on_epochs_ends_training():
    assert len(run(max_epochs=2).history) == 2


def test_the_predictions_are_those_of_the_best_epoch_not_the_last():
    class Worsening(Linear):
        """Answers the other way round from the third evaluation on."""

        def __init__(self):
            super().__init__()
            self.register_buffer("evaluations", torch.zeros(()))

        def forward(self, inputs):
            if not self.training:
                self.evaluations += 1
            return super().forward(inputs) * (1 if self.evaluations <= 2 else -1)

    outcome = run(Worsening(), learning_rate=0.5, stop_patience=2)
    assert outcome.history[-1].dev_accuracy == 0
    assert outcome.best.epoch <= 2
    hits = outcome.probabilities["dev"].argmax(axis=1) == np.array([0, 1] * 4)
    assert hits.mean() == outcome.best.dev_accuracy


def test_the_test_partition_is_looked_at_once_after_training():
    inputs = Points()
    run(inputs=inputs)
    places = [i for i, name in enumerate(inputs.asked) if "test" in name]
    assert places == list(range(len(inputs.asked) - 8, len(inputs.asked)))


def test_a_loss_that_is_no_number_names_its_epoch_and_batch():
    class Breaking(Points):
        def batch(self, ids):
            values = super().batch(ids)
            if len(self.asked) == 32 + 8 + 16:  # epoch 2 (after 32 train, 8 dev), second batch
                values["text"][0] = float("nan")
            return values

    with pytest.raises(DataError, match=r"loss is nan in epoch 2, batch 2"):
        run(inputs=Breaking())


def test_a_loss_that_explodes_is_refused_too():
    with pytest.raises(DataError, match=r"in epoch \d+, batch \d; lower `training.learning_rate`"):
        run(learning_rate=1e4)


def test_checks_within_an_epoch_come_at_their_fractions():
    # 32 utterances in batches of 8: 4 steps an epoch, a check every second.
    history = run(epochs_per_check=0.5, max_epochs=2, stop_patience=9).history
    assert [check.epoch for check in history] == [0.5, 1, 1.5, 2]


@pytest.mark.parametrize(
    ("count", "size", "epochs", "steps"),
    [
        # The published folds: the authors' int(.3 n / 128) + 1, by hand from 14.2, 13.9, 14.004,
        # 13.97 and 14.1.
        (6058, 128, 0.3, 15),
        (5934, 128, 0.3, 14),
        (5975, 128, 0.3, 15),
        (5962, 128, 0.3, 14),
        (6019, 128, 0.3, 15),
        (6058, 128, 1, 48),  # whole epochs end with their last batch: 47 of 128, one of 42
        (6058, 128, 2, 96),
        (6058, 128, 1.5, 72),  # 48 and 23.66
        (100, 10, 0.55, 6),  # 5.5
        (1000, 10, 0.55, 55),  # 55.00000000000001 in floating point
        (32, 8, 0.01, 1),
    ],
)
def test_a_part_of_an_epoch_between_checks_is_rounded_up_to_steps(count, size, epochs, steps):
    settings = Settings(**SETTINGS | {"batch_size": size, "epochs_per_check": epochs})
    assert loop._Run(1, torch.zeros(1), count, settings).steps_per_check == steps


def test_a_bound_on_steps_ends_training_with_a_check():
    assert run(max_steps=6, stop_patience=9).history[-1].epoch == 1.5


def test_every_epoch_has_each_utterance_once_and_the_last_batch_the_rest():
    inputs = Points()
    run(inputs=inputs, batch_size=12, max_epochs=2)
    for epoch in (inputs.asked[:32], inputs.asked[40:72]):
        assert sorted(epoch) == sorted(PARTITIONS["train"].ids)
    assert inputs.asked[:32] != inputs.asked[40:72]


def test_batches_with_replacement_may_have_an_utterance_twice():
    inputs = Points()
    run(inputs=inputs, replacement=True, max_epochs=1)
    assert len(inputs.asked[:32]) == 32
    assert len(set(inputs.asked[:32])) < 32


@pytest.mark.parametrize(("select_on", "best"), [("accuracy", 0), ("macro_f1", 1), ("loss", 2)])
def test_the_best_check_is_the_one_that_is_selected_on(monkeypatch, select_on, best):
    checks = [(0.9, 0.3, 0.9), (0.8, 0.5, 0.8), (0.1, 0.1, 0.2)]
    names = ("dev_accuracy", "dev_balanced_accuracy", "dev_macro_f1")
    scores = iter(dict(zip(names, (a, a, f), strict=True)) for a, f, _ in checks)
    monkeypatch.setattr(loop, "_scores", lambda *_: next(scores))
    losses = (loss for *_, loss in checks)
    true_loss = nn.functional.cross_entropy

    def loss(logits, labels, **options):
        value = true_loss(logits, labels, **options)
        return value if logits.requires_grad else torch.tensor(next(losses))

    monkeypatch.setattr(nn.functional, "cross_entropy", loss)
    outcome = run(select_on=select_on, max_epochs=3, stop_patience=9)
    assert outcome.best == outcome.history[best]


def test_scores_are_those_of_scikit_learn():
    generator = torch.Generator().manual_seed(3)
    labels = torch.randint(0, 4, (60,), generator=generator)  # a fifth class never occurs
    logits = torch.randn(60, 5, generator=generator)
    logits[:, 4] -= 9
    scores, predicted = loop._scores(logits, labels), logits.argmax(dim=1)
    assert scores["dev_accuracy"] == pytest.approx((predicted == labels).double().mean().item())
    assert scores["dev_balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(labels, predicted)
    )
    assert scores["dev_macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"))


def test_balanced_weights_let_every_class_count_alike():
    # 4 / (2 x 3) and 4 / (2 x 1): three times 2/3 is once 2.
    assert loop._balanced(torch.tensor([0, 0, 0, 1]), 2).tolist() == pytest.approx([2 / 3, 2])
    # Here the classes are of one size, so that all weights are 1.
    assert run(class_weight="balanced", max_epochs=2).history == run(max_epochs=2).history


def test_the_loss_of_a_batch_by_hand():
    # One utterance of the second class, one of the first, of three.
    logits = torch.tensor([[0.0, 2.0, -1.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    labels = torch.tensor([1, 0])
    softmax = [math.log(1 + math.exp(-2) + math.exp(-3)), math.log(1 + 2 * math.exp(-1))]
    # log(1 + exp(-z)) where the class is right, log(1 + exp(z)) where it is not; mean of three.
    sigmoid = [
        (math.log(2) + math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1))) / 3,
        (math.log(1 + math.exp(-1)) + 2 * math.log(2)) / 3,
    ]
    weights = torch.tensor([3.0, 1.0, 7.0], dtype=torch.float64)
    for kind, (first, second) in {"softmax": softmax, "sigmoid": sigmoid}.items():
        plain = loop.batch_loss(kind, logits, labels).item()
        assert plain == pytest.approx((first + second) / 2)
        weighted = loop.batch_loss(kind, logits, labels, weights).item()
        assert weighted == pytest.approx((first + 3 * second) / 4)


def test_the_loss_against_shares_by_hand():
    logits = torch.tensor([[0.0, 2.0, -1.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    shares = torch.tensor([[0.25, 0.75, 0.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    first = math.log(1 + math.exp(2) + math.exp(-1))  # logits are 0 and 2
    second = math.log(math.e + 2)  # minus the logit 1
    plain = loop.batch_loss("soft", logits, shares).item()
    assert plain == pytest.approx((first - 0.75 * 2 + second - 1) / 2)
    # Shares weigh 3 x .25, 1 x .75 and 3 x 1, in all 4.5.
    weights = torch.tensor([3.0, 1.0, 7.0], dtype=torch.float64)
    weighted = loop.batch_loss("soft", logits, shares, weights).item()
    assert weighted == pytest.approx((0.75 * first + 0.75 * (first - 2) + 3 * (second - 1)) / 4.5)


@pytest.mark.parametrize("weights", [None, torch.tensor([3.0, 1.0, 7.0])])
def test_shares_that_are_labels_have_the_loss_of_the_labels(weights):
    logits, labels = (
        torch.randn(5, 3, generator=torch.manual_seed(0)),
        torch.tensor([0, 1, 2, 0, 1]),
    )
    shares = nn.functional.one_hot(labels, 3).double()
    both = [
        loop.batch_loss(kind, logits, targets, weights)
        for kind, targets in (("softmax", labels), ("soft", shares))
    ]
    torch.testing.assert_close(*both)


@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_the_loss_that_is_trained_with_is_the_one_that_is_selected_on(monkeypatch, loss):
    used = set()
    real = loop.batch_loss

    def note(kind, logits, *rest):
        used.add((kind, logits.requires_grad))
        return real(kind, logits, *rest)

    monkeypatch.setattr(loop, "batch_loss", note)
    outcome = run(loss=loss, select_on="loss")
    assert used == {(loss, True), (loss, False)}
    assert outcome.best.dev_loss == min(check.dev_loss for check in outcome.history)
    assert outcome.best.dev_accuracy == 1
    np.testing.assert_allclose(outcome.probabilities["test"].sum(axis=1), 1, rtol=1e-6)


def test_the_sigmoid_loss_trains_another_model():
    both = [run(max_epochs=2, loss=loss).probabilities["test"] for loss in ("softmax", "sigmoid")]
    assert not np.allclose(*both)


def clipped(**bounds):
    """Two seeds, of two parameters with two weights each."""
    gradients = torch.tensor([[3.0, 4.0, 0.3, -0.4], [0.0, 0.1, -30.0, 40.0]])
    spans = [slice(0, 2), slice(2, 4)]
    return loop._clipped(gradients, spans, Settings(**SETTINGS | bounds)).flatten().tolist()


def test_gradients_are_clipped_by_value_or_by_the_norm_of_each_parameter():
    assert clipped() == pytest.approx([3, 4, 0.3, -0.4, 0, 0.1, -30, 40])
    assert clipped(clip_value=1) == pytest.approx([1, 1, 0.3, -0.4, 0, 0.1, -1, 1])
    # Norms 5, .5; .1, 50.
    assert clipped(clip_norm=1) == pytest.approx([0.6, 0.8, 0.3, -0.4, 0, 0.1, -0.6, 0.8])


class Killed(BaseException):
    """As if the process had been killed."""


class Interrupted(Checkpoint):
    """Saves after every step, and dies at the n-th saving, before or after it."""

    saves = 0

    def __init__(self, path, die_at, before):
        super().__init__(path, "key")
        self.die_at, self.before = die_at, before

    def due(self):
        return True

    def save(self, state):
        self.saves += 1
        if self.before and self.saves == self.die_at:
            raise Killed
        super().save(state)
        if self.saves == self.die_at:
            raise Killed


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("changes", [{}, {"replacement": True, "stop_patience": 9}])
def test_a_run_that_is_killed_again_and_again_ends_as_if_it_never_was(tmp_path, before, changes):
    undisturbed = run(**changes)
    for attempt in itertools.count(1):
        try:
            checkpoint = Interrupted(tmp_path / "checkpoint.pt", 7 + attempt % 3, before)
            outcome = run(checkpoint=checkpoint, drawn_before=attempt, **changes)
            break
        except Killed:
            continue
    assert attempt > 2
    assert outcome.history == undisturbed.history
    assert outcome.probabilities["test"].tobytes() == undisturbed.probabilities["test"].tobytes()


@pytest.mark.parametrize("changes", [{}, {"replacement": True}, {"class_weight": "balanced"}])
def test_a_seed_is_trained_alike_alone_and_beside_others(changes):
    together = run_seeds([1, 2, 3], **changes)
    epochs = {len(outcome.history) for outcome in together.values()}
    assert len(epochs) > 1, "seeds that end at different times are what is to be seen"
    for seed, outcome in together.items():
        alone = run(seed=seed, **changes)
        assert [check.epoch for check in outcome.history] == [c.epoch for c in alone.history]
        for name, probabilities in outcome.probabilities.items():
            np.testing.assert_allclose(probabilities, alone.probabilities[name], atol=1e-4)


def test_mixed_precision_rounds_the_training_steps_and_nothing_else():
    full, low = run(), run(mixed_precision=True)
    assert low.history[0].train_loss != full.history[0].train_loss
    assert low.history[0].train_loss == pytest.approx(full.history[0].train_loss, rel=0.02)
    assert low.best.dev_accuracy == 1
    assert all(weights.dtype == torch.float32 for weights in low.weights.values())
    assert low.probabilities["test"].dtype == np.float32


def test_seeds_that_are_killed_at_any_step_go_on_together(tmp_path):
    undisturbed = run_seeds([1, 2, 3])
    ends = [round(4 * outcome.history[-1].epoch) for outcome in undisturbed.values()]
    assert min(ends) < max(ends), "one seed leaves before another"
    for die_at in [1, 2, min(ends) - 1, min(ends), min(ends) + 1, max(ends), max(ends) + 1]:
        path = tmp_path / f"{die_at}.pt"
        with pytest.raises(Killed):
            run_seeds([1, 2, 3], checkpoint=Interrupted(path, die_at, before=False))
        outcomes = run_seeds([1, 2, 3], checkpoint=Checkpoint(path, "key"))
        for seed, outcome in outcomes.items():
            expected = undisturbed[seed]
            assert outcome.history == expected.history
            for name, probabilities in outcome.probabilities.items():
                assert probabilities.tobytes() == expected.probabilities[name].tobytes()
