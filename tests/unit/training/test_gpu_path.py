"""What can be held of the GPU path without a GPU.

torch's FakeTensorMode gives tensors that say they are on a GPU and have no values. It refuses what
would mix devices, and every operation whose result's size depends on values: on a GPU the host
would have to wait for those. Left out are backward passes, for which torch asks the driver (those
written by hand are called by hand), and cuDNN, in whose place stands something of its shape.
"""

import ast
import os
import subprocess
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from plain import SIZES, random_batch
from torch._native.common_utils import check_native_jit_disabled
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from emofusion.features.store.read import Sequences
from emofusion.models import attention, build_model, layers, registry
from emofusion.tensors import load_tensors
from emofusion.training import data, loop, run
from emofusion.training.data import Inputs, Partition
from emofusion.training.loop import Settings
from emofusion.training.stack import Stack

ROOT = Path(__file__).parents[3]
GPU = torch.device("cuda", 0)
LENGTHS, WIDTHS = SIZES["lengths"], SIZES["widths"]
PAPER = {name: size for name, size in SIZES.items() if name not in ("lengths", "widths")}
THREE = {"text_hidden": 4, "vision_hidden": 4, "audio_hidden": 4}
OTHERS = {
    "amh": THREE,
    "mdre": THREE,
    "mha": {"hidden": 4},
    "mcsan": {"width": 8, "heads": 2, "feedforward": 8},
}


def recurrent(gates, x, start, weights, biases, depth, dropout, train, bidirectional, first):
    """A layer of cuDNN's shape, which refuses what cuDNN refuses."""
    starts = start if isinstance(start, tuple | list) else [start]
    assert all((w.device, w.dtype) == (x.device, x.dtype) for w in (*weights, *starts))
    assert all(s.is_contiguous() for s in starts)
    assert x.dtype != torch.bfloat16
    states = []
    for number in range(1 + bidirectional):
        w_ih, w_hh, b_ih, b_hh = weights[4 * number : 4 * number + 4]
        inputs = (x @ w_ih.mT + b_ih + b_hh).unflatten(-1, (gates, -1)).sum(-2)
        states.append(torch.tanh(inputs @ w_hh[: w_hh.shape[1]].mT))
    return torch.cat(states, -1), torch.stack([part[:, -1] for part in states])


class Generator:
    """torch's on the CPU; fake tensors need none on a GPU."""

    def __new__(cls, device=None, real=torch.Generator):
        return real() if device is None else SimpleNamespace(manual_seed=lambda key: None)


def outside(function):
    """The function with real tensors, inside of the mode too."""

    def called(*arguments):
        with _disable_current_modes():
            return function(*arguments)

    return called


@pytest.fixture
def fake(monkeypatch):
    """Starts the mode."""
    cudnn = {"gru": lambda *a: recurrent(3, *a), "lstm": lambda *a: (*recurrent(4, *a), None)}
    monkeypatch.setattr(torch, "gru", cudnn["gru"])
    monkeypatch.setattr(torch.nn.modules.rnn, "_VF", SimpleNamespace(**cudnn))
    monkeypatch.setattr(torch, "Generator", Generator)
    # Else autocast is off where there is no GPU.
    monkeypatch.setattr(torch.cuda.amp.common, "amp_definitely_not_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: True)
    for module in (layers, attention):
        monkeypatch.setattr(module, "draw_dropout_keys", outside(layers.draw_dropout_keys))
    monkeypatch.setattr(loop._Run, "next_rows", outside(loop._Run.next_rows))
    # Dropout by torch's own generator has nothing to draw from.
    own = Stack._streams
    monkeypatch.setattr(
        Stack, "_streams", lambda self, s: own(self, s) if self.side_by_side else nullcontext()
    )
    return lambda: FakeTensorMode(allow_non_fake_inputs=True)


def to_gpu(model, dtype=torch.float32):
    for module in model.modules():
        for name, p in module._parameters.items():
            if p is not None:
                weights = torch.nn.Parameter(p.data.to(GPU, dtype), p.requires_grad)
                module._parameters[name] = weights
        if isinstance(module, torch.nn.RNNBase):
            module._flat_weights = [getattr(module, name) for name in module._flat_weights_names]
    return model


def two_models(name, sets):
    """Two small models and a batch that suits them."""
    inputs, build = random_batch(name, sets, 2, LENGTHS, WIDTHS)
    sizes = OTHERS.get(name, PAPER)
    return [build_model(name, sets, **build, **sizes) for _ in range(2)], inputs


@pytest.mark.parametrize(
    ("name", "mixed"),
    [*((name, True) for name in registry()), ("self_cross", False)],
    ids=str,
)
def test_forward_passes_stay_on_the_gpu_in_the_type_of_the_weights(fake, name, mixed):
    models, inputs = two_models(name, registry()[name].sets()[-1])
    streams = [torch.Generator().manual_seed(n) for n in range(2)]
    dtype = torch.float32 if mixed else torch.float64
    with fake():
        models = [to_gpu(model, dtype) for model in models]
        stack = Stack(models[0], [model.state_dict() for model in models])
        inputs = {
            n: torch.stack([x, x]).to(GPU, dtype if x.is_floating_point() else x.dtype)
            for n, x in inputs.items()
        }
        stack.train(False)
        with torch.no_grad():
            found = [stack(inputs)]
        stack.train()
        for model, seeds in stack.groups:
            with stack._streams(streams[seeds]), torch.autocast("cuda", torch.bfloat16, mixed):
                logits = stack._logits(model, inputs, seeds)
            assert logits.dtype == (torch.bfloat16 if mixed else dtype)
            found.append(logits.to(stack.weights))
    assert all((x.device, x.dtype) == (GPU, dtype) for x in found)


def test_the_backward_pass_of_attention_stays_on_the_gpu(fake):
    kept = []
    ctx = SimpleNamespace(save_for_backward=lambda *saved: kept.extend(saved))
    with fake():
        q, k = torch.randn(2, 6, 7, 4, device=GPU), torch.randn(2, 6, 5, 4, device=GPU)
        means = attention.MeanWeights.forward(ctx, q, k, 0.3, [1, 2])
        ctx.saved_tensors = kept
        dq, dk, *_ = attention.MeanWeights.backward(ctx, torch.randn_like(means))
    assert (kept[2].dtype, kept[2].device) == (torch.uint8, GPU)
    assert (dq.shape, dk.shape, dq.device, dk.device) == (q.shape, k.shape, GPU, GPU)


@pytest.mark.parametrize("name", ["self", "mdre"])
def test_states_of_a_checkpoint_and_of_the_gpu_make_one_stack_of_aligned_parameters(fake, name):
    models, _ = two_models(name, "ta")
    loaded = {key: values.clone() for key, values in models[0].state_dict().items()}
    with fake():
        model = to_gpu(models[1])
        stack = Stack(model, [loaded, model.state_dict()])
        for one, _ in stack.groups:
            assert all(p.device == GPU for p in one.parameters())
            assert all(p.data.storage_offset() % 32 == 0 for p in one.parameters())
    assert stack.weights.shape[1] % 32 == 0


class Waits(TorchDispatchMode):
    """Notes what makes the host wait for a GPU."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **kwargs or {})
        name = func._schema.name.removeprefix("aten::")
        if name in ("nonzero", "_local_scalar_dense", "masked_select", "equal"):
            self.found.append(name)
        if name in ("_to_copy", "copy_"):
            source = args[1] if name == "copy_" else args[0]
            late = (kwargs or {}).get("non_blocking") or (name == "copy_" and args[2:] == (True,))
            if source.device.type != out.device.type and not late:
                self.found.append(f"{name} {source.device} -> {out.device}")
        return out


def in_parts(width, *sizes):
    """A feature file in memory: utterances u0, u1, ... in parts of some frames each."""
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(size, width)).astype(np.float32) for size in sizes]
    places = {f"u{n}": (n, 0, size) for n, size in enumerate(sizes)}
    return Sequences(Path("x.h5"), parts, places)


def padded(source, places):
    """What a gather from mapped features gives, [*, time, batch, feature], as zeros."""
    width = [] if source.tokens else [source.store.dim]
    shape = (*places.shape[:-2], source.length, places.shape[-2], *width)
    return torch.zeros(shape, dtype=source.dtype)


TRAINING = {
    "learning_rate": 0.01,
    "batch_size": 2,
    "replacement": False,
    "clip_value": 1.0,
    "clip_norm": 1.0,
    "class_weight": "balanced",
    "epochs_per_check": 9,
    "select_on": "loss",
    "plateau_factor": 0.1,
    "plateau_patience": 10,
    "stop_patience": 3,
    "mixed_precision": False,
    "max_epochs": 9,
    "max_steps": None,
}


@pytest.mark.parametrize("home", ["features on the GPU", "features in memory"])
@pytest.mark.parametrize(("name", "loss"), [("self", "softmax"), ("mdre", "sigmoid")])
def test_a_training_step_does_not_wait_for_the_gpu(fake, monkeypatch, name, loss, home):
    words = np.ones((3, 7), np.float32)
    tokens = [np.array([1, 2], np.int32), np.array([], np.int32), np.array([1], np.int32)]
    places = {f"u{n}": (n, 0, len(part)) for n, part in enumerate(tokens)}
    stores = {
        "text": Sequences(Path("x.h5"), tokens, places, words),
        "audio": in_parts(4, 3, 0, 9),
    }
    scalers = {"audio": (np.ones(4, np.float32), np.ones(4, np.float32))}
    models, _ = two_models(name, "ta")
    partition = Partition(["u0", "u1", "u2"], torch.tensor([0, 1, 0]))
    partitions = dict.fromkeys(["train", "dev", "test"], partition)
    where = GPU if home == "features on the GPU" else data.CPU
    monkeypatch.setattr(data, "_home", lambda stores, device: where)
    # An array of numpy is not a fake tensor, and what takes it for one breaks the process.
    monkeypatch.setattr(data, "_tensor", outside(data._tensor))
    # What happens on the CPU may depend on values.
    monkeypatch.setattr(loop, "_balanced", outside(loop._balanced))
    monkeypatch.setattr(data._Mapped, "gather", padded)
    monkeypatch.setattr(
        torch.autograd, "grad", lambda out, weights, **_: [torch.zeros_like(w) for w in weights]
    )
    prosody = in_parts(35, 1, 1, 1) if name == "mdre" else None
    with fake():
        inputs = Inputs(
            stores, LENGTHS, scalers, torch.float32, registry()[name].reads, prosody, GPU
        )
        starts = {seed: model.state_dict() for seed, model in enumerate(models)}
        settings = Settings(**TRAINING, loss=loss)
        training = loop._Training(to_gpu(models[0]), starts, inputs, partitions, settings)
        training.step()  # the first makes the optimiser's state
        with Waits() as waits:
            training.step()
    assert training.stack.weights.device == GPU
    assert waits.found == []


def test_the_host_waits_where_it_is_made_to(fake):
    with fake(), Waits() as waits:
        x = torch.ones(3).to(GPU)
        torch.ones(3).to(GPU, non_blocking=True)
        x.cpu()
    assert waits.found == ["_to_copy cpu -> cuda:0", "_to_copy cuda:0 -> cpu"]


def test_kept_weights_lie_on_the_cpu(fake, monkeypatch, tmp_path):
    saved = {}

    def save(content, path):
        saved.update(content)
        Path(path).touch()

    monkeypatch.setattr(run.torch, "save", save)
    with fake():
        weights = {"w": torch.zeros(3, device=GPU)}
        inputs = SimpleNamespace(stores={}, prosody=None)
        run._write_weights(tmp_path / "weights.pt", weights, {}, inputs, {})
    assert saved["weights"]["w"].device.type == "cpu"


def test_weights_that_an_earlier_version_kept_on_a_gpu_load_without_one(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    torch.save({"w": torch.arange(3.0)}, tmp_path / "weights.pt")
    found = load_tensors(tmp_path / "weights.pt", "")["w"]
    assert (found.device.type, found.tolist()) == ("cpu", [0, 1, 2])


def test_float32_means_float32_whatever_was_set_before():
    torch.set_float32_matmul_precision("high")
    run.set_determinism(torch.get_num_threads())
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


def test_weights_that_are_views_on_purpose_are_not_warned_of():
    model = torch.nn.Linear(1, 1)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        Stack(model, [model.state_dict()])
        warnings.warn(
            "RNN module weights are not part of single contiguous chunk of memory. This means "
            "they need to be compacted at every call, possibly greatly increasing memory usage.",
            stacklevel=1,
        )
    assert said == []


@pytest.mark.parametrize(
    ("given", "expected"), [({}, "1"), ({"TORCH_DISABLE_NATIVE_JIT": "0"}, "0")]
)
def test_torch_compiles_nothing_at_run_time_unless_the_user_says_so(monkeypatch, given, expected):
    code = "import emofusion, os; print(os.environ['TORCH_DISABLE_NATIVE_JIT'])"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **given}
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == expected
    monkeypatch.setenv("TORCH_DISABLE_NATIVE_JIT", expected)
    assert check_native_jit_disabled.__wrapped__() == (expected == "1")


@pytest.mark.parametrize("folder", ["workflow_scripts", "benchmarks"])
def test_scripts_import_the_package_before_torch(folder):
    for path in ROOT.glob(f"{folder}/*.py"):
        names = []
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                names += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names.append(node.module)
        roots = [name.partition(".")[0] for name in names]
        if "torch" in roots:
            assert "emofusion" in roots[: roots.index("torch")], path
