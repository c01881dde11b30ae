"""Speed of training and of ResNet-101 on a GPU, and kernels, waits and memory of training.

Use: python benchmarks/gpu.py

Inputs are random numbers in the sizes of config.yaml, weights are random. Prints the tables that
docs/gpu.md shows. `benchmarks/training.py --device cuda` compares single steps with the
plain builds of the models.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import emofusion  # noqa: F401 (before torch: sets an environment variable that torch reads)

# isort: split
import torch
from made_up import CONFIG, train, write_features
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from emofusion.features.backbone import load_backbone
from emofusion.features.vision import BATCH as PICTURES
from emofusion.features.vision import _forward
from emofusion.training.run import set_determinism
from training import BATCH, Action, build, medians, our_step, plain_step, table

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from plain import plain

GPU = torch.device("cuda")
SYSTEMS = ("self t", "self tva", "cross tva", "mdre tva", "amh tva")
SEEDS = (1, 5, 10)
UTTERANCES = 7487  # of the seven classes of IEMOCAP
EPOCHS = 2
WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "cudaMemcpy")
"""CUDA calls in which the host waits for the GPU."""


class Counts(NamedTuple):
    """What one training step does on the GPU."""

    kernels: int
    waits: int
    busy: float  # seconds in which a kernel runs


def steps_of(system: str, seeds: int, mixed: bool = False) -> Action:
    """A training step of some seeds, each with the same batch."""
    models = [build(system, 1, "float32", GPU)[0] for _ in range(seeds)]
    _, batch = build(system, BATCH, "float32", GPU)
    return our_step(models, batch, torch.randint(7, (BATCH,), device=GPU), mixed)


def plain_of(system: str) -> Action:
    """A training step of the plain build."""
    model, batch = build(system, BATCH, "float32", GPU)
    return plain_step(plain(model), batch, torch.randint(7, (BATCH,), device=GPU))


def counts(step: Action) -> Counts:
    """Kernels and waits of one step, after two to warm up."""
    for _ in range(2):
        step()
    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        step()
    events = list(profiled.events())
    on_gpu = [event for event in events if event.device_type == DeviceType.CUDA]
    kernels = [event for event in on_gpu if not event.name.startswith(("Mem", "ProfilerStep"))]
    waits = sum(event.name in WAITS for event in events)
    return Counts(len(kernels), waits, sum(event.time_range.elapsed_us() for event in on_gpu) / 1e6)


def kernels_table() -> str:
    """Kernels, waits and busy time of a step."""
    rows = []
    for system in SYSTEMS:
        for name, step in (
            ("1", steps_of(system, 1)),
            ("10", steps_of(system, 10)),
            ("plain", plain_of(system)),
        ):
            found = counts(step)
            rows.append([system, name, f"{found.kernels}", f"{found.waits}", ms(found.busy)])
            show(rows[-1])
    return table(["system", "seeds", "kernels", "waits", "GPU busy"], rows)


def seeds_table() -> str:
    """Steps of stacks of several seeds, and in mixed precision."""
    rows = []
    for system in SYSTEMS:
        actions = {f"{n}": steps_of(system, n) for n in SEEDS}
        actions |= {f"{n} mixed": steps_of(system, n, mixed=True) for n in (1, 10)}
        found = medians(actions, GPU)
        rows.append([system, *map(ms, found.values())])
        show(rows[-1])
    return table(["step of", *(f"{name} seeds" for name in actions)], rows)


def runs_table() -> str:
    """Whole runs at the paper's size: seconds an epoch, with its check, and memory."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_features(folder, UTTERANCES, CONFIG.labels)
        for model, seeds, mixed in (
            ("self", 1, False),
            ("self", 10, False),
            ("self", 10, True),
            ("cross", 10, False),
        ):
            torch.cuda.reset_peak_memory_stats()
            started = time.perf_counter()
            trained = epochs(folder, model, seeds, mixed)
            whole = time.perf_counter() - started
            memory = torch.cuda.max_memory_allocated() / 2**30
            kind = f"{model} tva, {seeds} seeds{', mixed' if mixed else ''}"
            rows.append([kind, f"{trained / EPOCHS:.1f} s", f"{whole:.1f} s", f"{memory:.1f} GB"])
            show(rows[-1])
    return table([f"{UTTERANCES} utterances", "epoch of all seeds", "job", "GPU memory"], rows)


def epochs(folder: Path, model: str, seeds: int, mixed: bool) -> float:
    """Seconds of training of all seeds together, without reading and writing."""
    with tempfile.TemporaryDirectory() as place:
        runs = {seed: Path(place, f"seed{seed}") for seed in range(1, seeds + 1)}
        train(folder, runs, model, "tva", "cuda", 4, max_epochs=EPOCHS, mixed_precision=mixed)
        noted = [json.loads((run / "metrics.json").read_text()) for run in runs.values()]
    return sum(one["train_seconds"] for one in noted)


def pictures_table() -> str:
    """Pictures a second through ResNet-101, without decoding."""
    settings = CONFIG.features.vision
    backbone = load_backbone(settings.backbone, "random", seed=0, crop=settings.crop)
    network = backbone.network.to(GPU).to(memory_format=torch.channels_last)
    frames = torch.randint(256, (PICTURES, settings.crop, settings.crop, 3), dtype=torch.uint8)
    found = medians({"batch": lambda: _forward(network, frames.numpy(), GPU)}, GPU)["batch"]
    return table(
        ["network", "batch", "pictures a second"],
        [[settings.backbone, str(PICTURES), f"{PICTURES / found:.0f}"]],
    )


def ms(seconds: float) -> str:
    """Milliseconds."""
    return f"{1000 * seconds:.1f} ms"


def show(row: list[str]) -> None:
    """Tell at once what has been measured."""
    print(*row, sep="  ", file=sys.stderr, flush=True)


def main() -> None:
    """Measure and print."""
    set_determinism(4)
    card, memory = torch.cuda.get_device_name(), torch.cuda.mem_get_info()[1] / 2**30
    print(f"{card}, {memory:.0f} GB, torch {torch.__version__}\n")
    parts: list[Callable[[], str]] = [seeds_table, kernels_table, pictures_table, runs_table]
    for part in parts:
        print(part(), flush=True)
        print()


if __name__ == "__main__":
    main()
