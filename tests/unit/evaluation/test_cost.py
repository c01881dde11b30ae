"""What a system costs: operations against formulas by hand, time, memory."""

import pandas as pd
import pytest
import torch
from torch import nn

from emofusion.evaluation import cost
from emofusion.evaluation.cost import costs, memory, operations, seconds
from emofusion.features.store.read import RaggedStore
from emofusion.features.store.write import write_ragged
from emofusion.models import build_model
from emofusion.models.attention import MeanAttention
from emofusion.models.encoders import TimeMixing
from emofusion.models.recurrence import GRU

LENGTHS = {"text": 3, "audio": 8}
WIDTHS = {"text": 5, "audio": 7}


class Of(nn.Module):
    """A layer as a model of one batch."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, inputs):
        return self.layer(*inputs.values())


def product(rows, inner, columns):
    """A product of matrices: for each cell `inner` multiplications and as many additions."""
    return 2 * rows * inner * columns


def gru(time, width, hidden, directions=2, gates=3):
    """Each step: three gates (an LSTM: four) from the input and from the state."""
    return directions * time * gates * (product(1, width, hidden) + product(1, hidden, hidden))


def mean_attention(target, source, width, heads):
    """Queries, keys, scores; mean over the queries, sum of the source; values, output."""
    return (
        product(target + source, width, width)
        + heads * product(target, width // heads, source)
        + heads * product(1, target, source)
        + heads * product(1, source, width)
        + 2 * product(1, width, width)
    )


@pytest.mark.parametrize(
    ("layer", "shapes", "expected"),
    [
        (nn.Linear(5, 4), [(3, 5)], product(3, 5, 4)),
        (GRU(5, 4, bidirectional=True), [(1, 6, 5)], gru(6, 5, 4)),
        (nn.LSTM(5, 4, batch_first=True), [(1, 6, 5)], gru(6, 5, 4, directions=1, gates=4)),
        (nn.GRU(5, 4, batch_first=True), [(1, 6, 5)], gru(6, 5, 4, directions=1)),
        (TimeMixing(8, 2), [(1, 8, 5)], product(2, 8, 5)),
        (nn.Conv1d(5, 4, 3, padding=1), [(1, 5, 6)], product(6, 3 * 5, 4)),
        (MeanAttention(6, 2, 0.0), [(1, 4, 6), (1, 3, 6)], mean_attention(4, 3, 6, heads=2)),
        (lambda matrix, vector: matrix @ vector, [(3, 5), (5,)], product(3, 5, 1)),
    ],
)
def test_operations_of_a_layer_are_those_of_the_formula(layer, shapes, expected):
    inputs = {number: torch.randn(shape) for number, shape in enumerate(shapes)}
    assert operations(Of(layer), inputs) == expected


def test_torch_s_attention_is_counted_as_its_products_also_when_it_is_fused():
    layer = nn.MultiheadAttention(6, 2, batch_first=True).eval()
    x = torch.randn(1, 4, 6)
    projections = 4 * product(4, 6, 6)
    scores_and_sums = 2 * 2 * product(4, 3, 4)  # two heads of three features
    assert operations(Of(lambda x: layer(x, x, x, need_weights=False)), {"x": x}) == (
        projections + scores_and_sums
    )


def test_operations_of_a_whole_model_are_the_sum_over_its_layers():
    sizes = {"hidden": 2, "heads": 2, "audio_steps": 4}
    network = build_model("cross", "ta", lengths=LENGTHS, widths=WIDTHS, classes=3, **sizes).eval()
    inputs = {name: torch.randn(1, LENGTHS[name], WIDTHS[name]) for name in LENGTHS}
    expected = (
        gru(3, 5, 2)
        + product(4, 8, 7)
        + gru(4, 7, 2)
        + mean_attention(3, 4, 4, heads=2)
        + mean_attention(4, 3, 4, heads=2)
        + product(1, 2 * 4, 2)
        + product(1, 2, 3)
    )
    assert operations(network, inputs) == expected


def test_memory_is_the_most_that_is_alive_at_a_time_without_weights_and_inputs():
    def forward(x):
        wide = x.repeat(1, 10)  # 400 bytes
        narrow = wide[:, :5] + x[:, :5]  # 20 bytes more; the slices are views
        del wide
        return torch.cat([narrow, narrow], dim=1)  # 20 + 40 bytes, the wide one is free

    assert memory(Of(forward), {"x": torch.zeros(1, 10)}) == 420


def test_time_is_the_median_after_a_pass_that_is_not_timed(monkeypatch):
    clock = iter([0.0, 0.1, 1.0, 1.8, 2.0, 2.3])  # passes of .1, .8 and .3 seconds
    monkeypatch.setattr(cost, "process_time", lambda: next(clock))
    calls = []
    assert seconds(Of(calls.append), {"x": 1}) == pytest.approx(0.3)
    assert len(calls) == 4


def test_a_system_is_measured_from_its_record_and_its_training_is_averaged(tmp_path, monkeypatch):
    monkeypatch.setattr(cost, "SECONDS", 1e-9)
    values = torch.randn(6, 5).numpy()
    write_ragged(tmp_path / "audio.h5", ["u1", "u2"], [4, 2], [values[:4], values[4:]], 5, {})
    record = {
        "model": "self",
        "modalities": "a",
        "labels": ["ang", "sad"],
        "lengths": {"audio": 4},
        "dtype": "float32",
        "architecture": {"hidden": 2, "heads": 2, "audio_steps": 3},
        "features": {"audio": "5ha"},
        "machine": {"device": "cpu", "device_name": "x", "threads": 2},
    }
    runs = pd.DataFrame(
        [("self", "a", 99, 10.0, 4), ("self", "a", 99, 20.0, 5)],
        columns=["model", "modalities", "parameters", "train_seconds", "epochs"],
    )
    stores = {"audio": RaggedStore(tmp_path / "audio.h5")}
    on_gpu = {"machine": {"device": "cuda", "device_name": "H", "threads": 1}}
    row = costs(runs, [record, record | on_gpu], stores).iloc[0]
    assert row["operations"] == (
        product(3, 4, 5) + gru(3, 5, 2) + mean_attention(3, 3, 4, heads=2)
        + product(1, 2 * 4, 2) + product(1, 2, 2)
    )  # fmt: skip
    assert (row["parameters"], row["train_seconds"], row["epochs"]) == (99, 15.0, 4.5)
    assert row["trained_on"] == "CPU x, 2 threads; GPU H"
    assert row["measured_on"].endswith("1 thread, batches of 2")
    assert row["milliseconds"] > 0
    assert row["megabytes"] > 0
