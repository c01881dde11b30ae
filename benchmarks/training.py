"""Training and evaluation against plain builds of the same models: time, memory, loading, an epoch.

Use: python benchmarks/training.py [--models self cross] [--modalities tva] [--threads 2]
        [--device cuda]

Batches of 32 at full lengths, random numbers. What is compared runs in one process and in turns;
all times are medians. Ours runs as a training job does: a stack of one seed, inputs as they are
loaded, deterministic operations; the plain builds of tests/plain.py run in the defaults of torch
and of the system, with the same optimiser. With all systems the tables are written to
docs/performance.md (with --device cuda to docs/gpu.md); with a part of them they are only printed.
For Linux.
"""

import argparse
import ctypes
import datetime
import math
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import emofusion  # noqa: F401 (before torch: sets an environment variable that torch reads)

# isort: split
import torch
from made_up import CONFIG, ROOT, lengths_of, train, write_features
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from emofusion.features.store.read import RaggedStore
from emofusion.modalities import MODALITIES, MODALITY_SETS
from emofusion.models import WIDTHS, build_model, registry
from emofusion.training.data import Inputs, fit_scaler
from emofusion.training.device import MMAP_THRESHOLD, TRIM_THRESHOLD, keep_memory
from emofusion.training.loop import EVALUATION_BATCH
from emofusion.training.run import set_determinism
from emofusion.training.stack import Stack

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from plain import plain, random_batch

BATCH, SEEDS, UTTERANCES = 32, 10, 500
SIZE = 2048
ROUNDS, SECONDS = (4, 8), 4
"""Of each comparison: rounds at least and at most, and the time after which no more begins [s]."""
MARKERS = ("<!-- bench -->", "<!-- /bench -->")
PAGES = {"cpu": "docs/performance.md", "cuda": "docs/gpu.md"}
MEMORY_SYSTEMS = ("self tva", "cross tva", "amh tva")
STACK_SYSTEMS = ("self tva", "self t")

Batch = dict[str, torch.Tensor]
Action = Callable[[], Any]


class Speed(NamedTuple):
    """Seconds of a step of one system.

    `ratio` and `evaluation_ratio` divide the time of the plain build by ours.
    """

    step: float
    plain: dict[str, float]  # plain build's step by dtype
    double: float  # our step in float64
    evaluation: float  # of as many utterances as a step has
    plain_evaluation: dict[str, float]
    distance: float  # our step, divided by the time of the plain step's matrix products alone

    def ratio(self, dtype: str) -> float:
        """Of training steps, to ours in float32."""
        return self.plain[dtype] / self.step

    def evaluation_ratio(self, dtype: str) -> float:
        """Of evaluation steps, to ours in float32."""
        return self.plain_evaluation[dtype] / self.evaluation


# Time


def medians(actions: Mapping[str, Action], device: torch.device) -> dict[str, float]:
    """Median seconds of each action; they take turns, after one round to warm up."""
    times = {name: [] for name in actions}
    started = time.perf_counter()
    for number in range(ROUNDS[1] + 1):
        for name, action in actions.items():
            times[name].append(seconds(action, device))
        if number >= ROUNDS[0] and time.perf_counter() - started > SECONDS:
            break
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def seconds(action: Action, device: torch.device) -> float:
    """Time of one call."""
    started = time.perf_counter()
    action()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def set_job_defaults() -> None:
    """Set what a training job of ours sets: deterministic operations, memory kept between steps."""
    torch.use_deterministic_algorithms(True)
    keep_memory()


def set_torch_defaults() -> None:
    """Set torch's defaults, and the thresholds that glibc reaches after large allocations."""
    torch.use_deterministic_algorithms(False)
    for threshold, size in ((MMAP_THRESHOLD, 2**25), (TRIM_THRESHOLD, 2**26)):
        ctypes.CDLL(None).mallopt(threshold, size)


def our_step(
    models: list[nn.Module], batch: Batch, labels: torch.Tensor, mixed: bool = False
) -> Action:
    """Forward, loss, backward and update of some seeds side by side, all on the same batch."""
    stack = Stack(models[0], [model.state_dict() for model in models])
    rows = [nn.Parameter(row) for row in stack.weights]
    optimisers = [torch.optim.Adam([row], fused=True) for row in rows]
    streams = [torch.Generator().manual_seed(seed) for seed in range(len(rows))]
    inputs = for_seeds(batch, len(rows))

    def losses(logits: torch.Tensor, _: slice) -> torch.Tensor:
        return torch.stack([nn.functional.cross_entropy(values, labels) for values in logits])

    def step() -> None:
        set_job_defaults()
        stack.train()
        _, gradients = stack.gradients(inputs, streams, losses, mixed)
        for row, optimiser, gradient in zip(rows, optimisers, gradients, strict=True):
            row.grad = gradient
            optimiser.step()

    return step


def our_evaluation(model: nn.Module, batch: Batch) -> Action:
    """Forward alone."""
    stack = Stack(model, [model.state_dict()])
    stack.train(False)
    inputs = for_seeds(batch, 1)

    @torch.no_grad()
    def step() -> None:
        set_job_defaults()
        stack(inputs)

    return step


def for_seeds(batch: Batch, seeds: int) -> Batch:
    """A copy for each seed, in memory as they are loaded: time before batch."""
    return {
        name: torch.stack([x.transpose(0, 1)] * seeds).transpose(1, 2)
        if x.dim() > 1
        else x.expand(seeds, -1)
        for name, x in batch.items()
    }


def plain_step(model: nn.Module, batch: Batch, labels: torch.Tensor) -> Action:
    """Forward, loss, backward and update."""
    optimiser = torch.optim.Adam(model.parameters(), fused=True)

    def step() -> None:
        set_torch_defaults()
        model.train()
        loss = nn.functional.cross_entropy(model(batch), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def plain_evaluation(model: nn.Module, batch: Batch) -> Action:
    """Forward alone."""

    @torch.no_grad()
    def step() -> None:
        set_torch_defaults()
        model.eval()
        model(batch)

    return step


def product(dtype: str, device: torch.device) -> Action:
    """Multiply two matrices of `SIZE`: what the machine can do."""
    x = torch.randn(SIZE, SIZE, dtype=getattr(torch, dtype), device=device)
    return lambda: x @ x


def gigaflops(device: torch.device) -> dict[str, float]:
    """Speed of matrix products by dtype [1e9 floating-point operations a second]."""
    found = medians({name: product(name, device) for name in ("float32", "float64")}, device)
    return {name: 2 * SIZE**3 / taken / 1e9 for name, taken in found.items()}


# Models


def build(system: str, batch: int, dtype: str, device: torch.device) -> tuple[nn.Module, Batch]:
    """A system as it is configured, the same at each call, and a random batch for it."""
    torch.manual_seed(0)
    model, modalities = system.split()
    inputs, options = random_batch(model, modalities, batch, lengths_of(CONFIG, model), WIDTHS)
    network = build_model(model, modalities, **options, **CONFIG.sizes_of(model))
    network.to(device, getattr(torch, dtype))
    return network, {name: on(x, dtype, device) for name, x in inputs.items()}


def on(x: torch.Tensor, dtype: str, device: torch.device) -> torch.Tensor:
    """A tensor on the device; whole numbers stay such."""
    return x.to(device, getattr(torch, dtype) if x.is_floating_point() else x.dtype)


def speed(system: str, device: torch.device) -> Speed:
    """Times of one system, ours and plain in turns."""
    labels = torch.randint(7, (BATCH,), device=device)
    steps, evaluations = {}, {}
    for dtype in ("float32", "float64"):
        ours, batch = build(system, BATCH, dtype, device)
        other = plain(ours)
        steps[f"ours {dtype}"] = our_step([ours], batch, labels)
        steps[f"plain {dtype}"] = plain_step(other, batch, labels)
        evaluations[f"plain {dtype}"] = plain_evaluation(other, batch)
    evaluations["ours"] = our_evaluation(*build(system, EVALUATION_BATCH, "float32", device))
    steps["product"] = product("float32", device)  # in turns too: its speed changes with the load
    step, evaluation = medians(steps, device), medians(evaluations, device)
    return Speed(
        step["ours float32"],
        {dtype: step[f"plain {dtype}"] for dtype in ("float32", "float64")},
        step["ours float64"],
        evaluation["ours"] * BATCH / EVALUATION_BATCH,
        {dtype: evaluation[f"plain {dtype}"] for dtype in ("float32", "float64")},
        step["ours float32"] / (step["product"] * flops(system) / (2 * SIZE**3)),
    )


def flops(system: str) -> int:
    """Floating-point operations of the matrix products of a plain training step.

    Counted on one utterance and in float64, where recurrent layers are made of countable parts.
    """
    cpu = torch.device("cpu")
    ours, batch = build(system, 1, "float64", cpu)
    step = plain_step(plain(ours), batch, torch.zeros(1, dtype=torch.int64))
    with FlopCounterMode(display=False) as counter:
        step()
    return BATCH * counter.get_total_flops()


def stacked(system: str, device: torch.device) -> dict[str, float]:
    """Seconds of a step of ten seeds in one stack, and of ten stacks of one."""
    models = [build(system, 1, "float32", device)[0] for _ in range(SEEDS)]
    _, batch = build(system, BATCH, "float32", device)
    labels = torch.randint(7, (BATCH,), device=device)
    members = {"stacked": models, "alone": models[:1]}
    found = medians(
        {name: our_step(networks, batch, labels) for name, networks in members.items()}, device
    )
    return {"stacked": found["stacked"], "alone": SEEDS * found["alone"]}


# Memory


def peaks_of(system: str, device: torch.device, threads: int) -> tuple[float, float]:
    """What a training step needs at most beyond what is there before it [MB], ours and plain.

    Each in a new process.
    """
    peaks = []
    for plainly in (False, True):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            peaks.append(process.submit(_peak, system, plainly, device, threads).result())
    return tuple(peaks)


def _peak(system: str, plainly: bool, device: torch.device, threads: int) -> float:
    set_determinism(threads)
    labels = torch.zeros(BATCH, dtype=torch.int64, device=device)
    network, batch = build(system, BATCH, "float32", device)
    few = {name: x[:1] for name, x in batch.items()}
    if plainly:
        network = plain(network)
        warm, step = plain_step(network, few, labels[:1]), plain_step(network, batch, labels)
    else:
        warm, step = our_step([network], few, labels[:1]), our_step([network], batch, labels)
    warm()  # libraries and threads have started
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before = status("VmRSS")
    step()
    return status("VmHWM") - before


def status(field: str) -> float:
    """A field of this process's state [MB]."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(rf"{field}:\s*(\d+) kB", text)[1]) / 1024


# Loading and a whole epoch


def loading(folder: Path, ids: list[str]) -> float:
    """Seconds to read, standardise and pad a batch of all three modalities."""
    lengths = lengths_of(CONFIG, "self")
    stores = {name: RaggedStore(folder / f"{name}.h5") for name in MODALITIES.values()}
    scalers = {"audio": fit_scaler(stores["audio"], ids, lengths["audio"])}
    data = Inputs(stores, lengths, scalers, torch.float32).select(ids)
    load = {"load": lambda: data.batch(torch.randint(len(ids), (1, BATCH)))}
    return medians(load, torch.device("cpu"))["load"]


def epoch(folder: Path, device: str, threads: int) -> float:
    """Seconds of a run of one epoch of `self tva`, from opening the features to the last file."""
    started = time.perf_counter()
    train(folder, {1: folder / "run"}, "self", "tva", device, threads, max_epochs=1)
    return time.perf_counter() - started


# The report


class Results(NamedTuple):
    """All that was measured, of the chosen systems."""

    gigaflops: dict[str, float]
    speeds: dict[str, Speed]
    peaks: dict[str, tuple[float, float]]  # MB, ours and plain
    stacks: dict[str, dict[str, float]]
    loading: float | None
    epoch: float | None


def measure(systems: list[str], device: torch.device, threads: int) -> Results:
    """Measure all; says on stderr where it is."""
    set_determinism(threads)
    machine = gigaflops(device)
    memory_systems = [name for name in MEMORY_SYSTEMS if name in systems]
    side_by_side = [name for name in STACK_SYSTEMS if name in systems]
    speeds = each("steps", systems, lambda name: speed(name, device))
    peaks = each("memory", memory_systems, lambda name: peaks_of(name, device, threads))
    stacks = each("stack", side_by_side, lambda name: stacked(name, device))
    if "self tva" not in systems:
        return Results(machine, speeds, peaks, stacks, None, None)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ids = write_features(folder, UTTERANCES, CONFIG.labels)
        loaded = loading(folder, ids)
        whole = epoch(folder, device.type, threads)
    return Results(machine, speeds, peaks, stacks, loaded, whole)


def each(quantity: str, systems: list[str], measured: Callable[[str], Any]) -> dict[str, Any]:
    """{system: what was measured}, also told one by one."""
    found = {}
    for number, name in enumerate(systems, start=1):
        found[name] = measured(name)
        print(
            f"{quantity} {number}/{len(systems)}, {name}: {found[name]}",
            file=sys.stderr,
            flush=True,
        )
    return found


def report(results: Results, device: torch.device, threads: int) -> str:
    """The tables, as Markdown."""
    parts = [kind(results, device, threads), steps_table(results), others_table(results)]
    return "\n\n".join(part for part in [*parts, targets_table(results)] if part)


def kind(results: Results, device: torch.device, threads: int) -> str:
    """What was measured on."""
    name = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    gpu = f"{torch.cuda.get_device_name(device)}, " if device.type == "cuda" else ""
    single, double = results.gigaflops.values()
    return (
        f"{gpu}{name[1] if name else 'unknown CPU'}, {os.cpu_count()} cores, {threads} threads, "
        f"torch {torch.__version__}, {datetime.date.today()}.\n"
        f"Matrix products: {single:.0f} GF/s in float32, {double:.0f} in float64."
    )


def steps_table(results: Results) -> str:
    """One line a system."""
    rows = [
        [
            name,
            f"{1000 * one.step:.0f} ms",
            f"{one.ratio('float32'):.2f}",
            f"{one.ratio('float64'):.2f}",
            f"{one.plain['float64'] / one.double:.2f}",
            f"{1000 * one.evaluation:.0f} ms",
            f"{one.evaluation_ratio('float32'):.2f}",
            f"{one.evaluation_ratio('float64'):.2f}",
            f"{one.distance:.1f}",
        ]
        for name, one in results.speeds.items()
    ]
    header = ["system", "step", "plain", "plain float64", "both float64"]
    return table([*header, "evaluation", "plain", "plain float64", "distance"], rows)


def others_table(results: Results) -> str:
    """Memory, seeds side by side, loading and an epoch."""
    rows = [
        [f"peak memory of a step, {name}", f"{ours:.0f} MB", f"plain: {other:.0f} MB"]
        for name, (ours, other) in results.peaks.items()
    ]
    rows += [
        [
            f"a step of {SEEDS} seeds, {name}",
            f"stacked: {1000 * one['stacked']:.0f} ms",
            f"one after the other: {1000 * one['alone']:.0f} ms",
        ]
        for name, one in results.stacks.items()
    ]
    if results.loading is not None:
        step = results.speeds["self tva"].step
        steps = math.ceil(0.8 * UTTERANCES / BATCH)
        rows += [
            [
                "loading a batch, self tva",
                f"{1000 * results.loading:.1f} ms",
                f"{results.loading / step:.1%} of a step",
            ],
            [
                f"a run of one epoch of {UTTERANCES} utterances, self tva",
                f"{results.epoch:.1f} s",
                f"its {steps} training steps: {steps * step:.1f} s",
            ],
        ]
    return table(["what", "ours", "beside it"], rows)


def targets_table(results: Results) -> str:
    """Which targets hold, of those that the chosen systems decide."""
    rows = [[text, found, "yes" if holds else "no"] for text, found, holds in targets(results)]
    return table(["target", "found", "holds"], rows)


def targets(results: Results) -> Iterator[tuple[str, str, bool]]:
    """(target, what was found, whether it holds)."""
    for name, single, double in (("self tva", 3, 7), ("cross tva", 2.5, 5)):
        if name in results.speeds:
            one = results.speeds[name]
            for text, found, least in (
                ("a step, to plain float32", one.ratio("float32"), single),
                ("a step, to plain float64", one.ratio("float64"), double),
                ("evaluation, to plain float32", one.evaluation_ratio("float32"), 3),
            ):
                yield f"{name}: {text}, at least {least}", f"{found:.2f}", found >= least
    for name, (ours, other) in results.peaks.items():
        yield f"{name}: peak memory at most 1/3", f"{ours / other:.2f}", ours <= other / 3
    if results.loading is not None:
        share = results.loading / results.speeds["self tva"].step
        yield "self tva: loading under 3 % of a step", f"{share:.1%}", share < 0.03
    for name, one in results.stacks.items():
        ratio = one["stacked"] / one["alone"]
        yield f"{name}: {SEEDS} stacked seeds take less than alone", f"{ratio:.2f}", ratio < 1
    ratios = {name: one.ratio("float32") for name, one in results.speeds.items()}
    slowest = min(ratios, key=ratios.get)
    least = round(ratios[slowest], 1)  # where both are alike, the last digits are noise
    yield "no model slower than its plain build", f"{ratios[slowest]:.2f} ({slowest})", least >= 1


def table(header: list[str], rows: list[list[str]]) -> str:
    """Cells as a Markdown table, numbers to the right; nothing without rows."""
    if not rows:
        return ""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def write(text: str, device: torch.device) -> None:
    """Put the tables between the markers of the device's page."""
    page = ROOT / PAGES[device.type]
    begin, end = MARKERS
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Measure and print; write the page if all systems were measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", nargs="*", default=list(registry()), choices=registry())
    parser.add_argument("--modalities", nargs="*", default=MODALITY_SETS, choices=MODALITY_SETS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options = parser.parse_args()
    every = [(model, one) for model, entry in registry().items() for one in entry.sets()]
    chosen = [
        f"{model} {modalities}"
        for model, modalities in every
        if model in options.models and modalities in options.modalities
    ]
    device = torch.device(options.device)
    text = report(measure(chosen, device, options.threads), device, options.threads)
    print(text)
    if len(chosen) == len(every):
        write(text, device)


if __name__ == "__main__":
    main()
