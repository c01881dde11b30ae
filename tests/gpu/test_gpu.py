"""What only a GPU can show; skipped where there is none.

On a machine with one: `make test-gpu`.
"""

import subprocess
import sys

import numpy as np
import pytest
import torch
from paper import TRAINING
from plain import SIZES, WITHOUT_DROPOUT, gradients, plain, random_batch

from emofusion.errors import DataError
from emofusion.features.store.write import write_ragged, write_tokens
from emofusion.models import build_model, registry
from emofusion.training import loop
from emofusion.training.device import lease_device
from emofusion.training.run import set_determinism, train_runs

if not torch.cuda.is_available():
    pytest.skip("torch sees no GPU here", allow_module_level=True)

GPU = torch.device("cuda")
SYSTEMS = [(name, sets) for name, entry in registry().items() for sets in entry.sets()]
LARGEST = [(name, max(entry.sets(), key=len)) for name, entry in registry().items()]
OWN = {"width": 12, "text_hidden": 5, "vision_hidden": 4, "audio_hidden": 6}
IDS = [f"u{i}" for i in range(24)]
TRAINED = TRAINING | {"learning_rate": 0.01, "batch_size": 4, "stop_patience": 3, "max_epochs": 4}


@pytest.fixture(autouse=True)
def deterministic():
    set_determinism(1)


def known_sizes(name, **more):
    sizes = {n: v for n, v in SIZES.items() if n not in ("lengths", "widths")} | OWN | more
    return {key: size for key, size in sizes.items() if key in registry()[name].sizes}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("name", "sets"), SYSTEMS)
def test_a_model_on_the_gpu_computes_the_plain_build_s_logits_and_gradients(name, sets, dtype):
    torch.manual_seed(1)
    inputs, build = random_batch(name, sets, 5, SIZES["lengths"], SIZES["widths"])
    ours = build_model(name, sets, **build, **known_sizes(name, **WITHOUT_DROPOUT)).to(dtype)
    inputs = {n: x.to(dtype) if x.is_floating_point() else x for n, x in inputs.items()}
    expected = plain(ours)
    ours = ours.to(GPU)
    found = ours({n: x.to(GPU) for n, x in inputs.items()})
    logits = expected(inputs)
    weight = torch.randn(logits.shape, dtype=dtype)
    (found * weight.to(GPU)).sum().backward()
    (logits * weight).sum().backward()
    tolerance = {torch.float32: 1e-4, torch.float64: 1e-10}[dtype]
    for a, b in [(found, logits), *paired(gradients(ours), gradients(expected))]:
        torch.testing.assert_close(a.cpu(), b, rtol=tolerance, atol=tolerance)


def paired(ours, expected):
    assert ours.keys() == expected.keys()
    return [(ours[name], expected[name]) for name in ours if expected[name] is not None]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Features of 24 utterances of one to eight frames and no to four words, and a split."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    lengths = [1 + i % 8 for i in range(24)]
    for name in ("audio", "vision"):
        width = SIZES["widths"][name]
        frames = [rng.normal(5, 3, (n, width)).astype(np.float32) for n in lengths]
        write_ragged(folder / f"{name}.h5", IDS, lengths, frames, width, {})
    prosody = [rng.normal(size=(1, 35)).astype(np.float32) for _ in IDS]
    write_ragged(folder / "prosody.h5", IDS, [1] * 24, prosody, 35, {})
    tokens = [np.arange(i % 5, dtype=np.int32) for i in range(24)]
    embedding = rng.normal(size=(4, SIZES["widths"]["text"])).astype(np.float32)
    embedding[0] = 0
    write_tokens(folder / "text.h5", IDS, tokens, ["", "a", "b", "c"], embedding, {})
    partitions = ["train"] * 16 + ["dev"] * 4 + ["test"] * 4
    rows = [f"{u},{p},{'as'[i % 2]}" for i, (u, p) in enumerate(zip(IDS, partitions, strict=True))]
    (folder / "fold1.csv").write_text("\n".join(["utterance_id,partition,label", *rows]) + "\n")
    return folder


def train(data, folder, name, sets, device="cuda", seeds=(1, 2), **training):
    """Train some seeds of a system; gives the bytes of their predictions."""
    names = [{"t": "text", "v": "vision", "a": "audio"}[letter] for letter in sets]
    read = [*names, "prosody"] if "prosody" in registry()[name].reads else names
    folders = {seed: folder / f"seed{seed}" for seed in seeds}
    train_runs(
        folders,
        model=name,
        modalities=sets,
        fold=1,
        split=data / "fold1.csv",
        features={kind: data / f"{kind}.h5" for kind in read},
        settings={
            "labels": ["a", "s"],
            "dtype": "float32",
            "standardize_audio": True,
            "lengths": {kind: SIZES["lengths"][kind] for kind in names},
            "architecture": known_sizes(name),
            "training": TRAINED | training,
        },
        device=device,
        threads=1,
        checkpoint_seconds=0,
        keep_weights=seeds,
    )
    return [(path / "predictions.csv").read_bytes() for path in folders.values()]


@pytest.mark.parametrize("mixed", [False, True], ids=["float32", "mixed"])
@pytest.mark.parametrize(("name", "sets"), LARGEST)
def test_the_same_job_gives_the_same_bits_twice_and_after_a_kill(
    data, tmp_path, monkeypatch, name, sets, mixed
):
    first = train(data, tmp_path / "first", name, sets, mixed_precision=mixed)
    assert train(data, tmp_path / "second", name, sets, mixed_precision=mixed) == first
    step, left = loop._Training.step, 6

    def interrupted(self):
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        step(self)

    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        context.setattr(loop._Training, "step", interrupted)
        train(data, tmp_path / "killed", name, sets, mixed_precision=mixed)
    assert (tmp_path / "killed/seed1/checkpoint.pt").exists()
    assert train(data, tmp_path / "killed", name, sets, mixed_precision=mixed) == first


@pytest.mark.parametrize(("name", "sets"), LARGEST)
def test_no_training_step_waits_for_the_gpu(data, tmp_path, monkeypatch, name, sets):
    step, check = loop._Training.step, loop._Training._check

    def watched(self):
        torch.cuda.set_sync_debug_mode("error" if self.runs[0].steps else "default")
        try:
            step(self)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    def unwatched(self):
        torch.cuda.set_sync_debug_mode("default")
        check(self)

    monkeypatch.setattr(loop._Training, "step", watched)
    monkeypatch.setattr(loop._Training, "_check", unwatched)
    train(data, tmp_path, name, sets)


@pytest.mark.parametrize(("name", "sets"), LARGEST)
def test_the_features_in_memory_and_on_the_gpu_give_the_same_bits(
    data, tmp_path, monkeypatch, name, sets
):
    on_gpu = train(data, tmp_path / "gpu", name, sets)
    monkeypatch.setattr("emofusion.training.data._home", lambda *_: torch.device("cpu"))
    assert train(data, tmp_path / "memory", name, sets) == on_gpu


def test_kept_weights_load_where_there_is_no_gpu(data, tmp_path):
    train(data, tmp_path, "self", "ta", seeds=[1])
    code = f"import torch; print(torch.load({str(tmp_path / 'seed1/weights.pt')!r})['weights'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"CUDA_VISIBLE_DEVICES": "", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cuda" not in done.stdout


def test_a_full_gpu_is_named_with_what_to_do():
    advice = pytest.raises(DataError, match=r"no memory left .*seeds_per_job=1")
    with advice, lease_device("auto") as device:
        torch.empty(2**44, dtype=torch.uint8, device=device)


def test_auto_takes_the_gpu():
    with lease_device("auto") as device:
        assert device.type == "cuda"
