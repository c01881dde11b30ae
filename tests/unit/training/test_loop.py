import numpy as np
import pytest
import torch
from torch import nn

from emofusion.errors import DataError
from emofusion.training.data import Partition
from emofusion.training.loop import streams, train

SETTINGS = {
    "learning_rate": 0.05,
    "batch_size": 8,
    "plateau_factor": 0.1,
    "plateau_patience": 10,
    "stop_patience": 3,
    "max_epochs": 30,
    "device": torch.device("cpu"),
    "order_seed": 1,
    "dropout_seed": 2,
}


class Points:
    """Inputs [batch, 1, 2]: the class is the sign of the first feature. Notes who was asked for."""

    def __init__(self):
        self.asked = []

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


def run(model=None, inputs=None, drawn_before=0, **changes):
    torch.manual_seed(0)
    model = model or Linear(dropout=0.5)
    torch.rand(drawn_before)
    return train(model, inputs or Points(), PARTITIONS, **SETTINGS | changes)


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


@pytest.mark.parametrize("stream", ["order_seed", "dropout_seed"])
def test_order_and_dropout_each_have_a_seed_that_matters(stream):
    assert run().history != run(**{stream: 9}).history


def test_the_three_streams_of_a_seed_differ_from_each_other_and_from_those_of_the_next_seed():
    assert len({*streams(1), *streams(2)}) == 6
    assert streams(1) == streams(1)


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
