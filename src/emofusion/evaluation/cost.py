"""What a system costs: parameters, operations, time and memory of a forward pass, training time.

Operations are those that our code performs, which are the same on every machine; time and memory
are measured on the CPU. docs/statistics.md says what is counted.
"""

import platform
import warnings
import weakref
from collections.abc import Mapping, Sequence
from math import prod
from statistics import median
from time import process_time
from typing import Any

import pandas as pd
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from emofusion.features.store.read import RaggedStore
from emofusion.models import find_entry
from emofusion.schemas import COST
from emofusion.training.data import Inputs
from emofusion.training.device import keep_memory
from emofusion.training.run import build_network, set_determinism
from emofusion.wording import count

BATCH = 32
"""Utterances of a forward pass whose time and memory are measured."""
THREADS = 1
SECONDS = 1.0
"""Forward passes are repeated until they took as long."""

Batch = Mapping[str, torch.Tensor]


def costs(
    runs: pd.DataFrame,
    records: Sequence[Mapping[str, Any]],
    stores: Mapping[str, RaggedStore],
    model_files: Sequence[str] = (),
) -> pd.DataFrame:
    """The cost of every system, in the order of its runs.

    Args:
        runs: one row per run, as in metrics/runs.csv.
        records: the record of each of these runs, in any order.
        stores: {name: feature file} of all that the systems read.
        model_files: model files outside the package.

    Returns:
        One row per system, with the columns `schemas.COST`.
    """
    set_determinism(THREADS)
    keep_memory()
    of_system: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for record in records:
        of_system.setdefault((record["model"], record["modalities"]), []).append(record)
    rows = []
    for (model, modalities), own in runs.groupby(["model", "modalities"], sort=False):
        recorded = of_system[model, modalities]
        rows.append(
            {"model": model, "modalities": modalities, "parameters": own["parameters"].iloc[0]}
            | measure(recorded[0], stores, model_files)
            | {name: own[name].mean() for name in ("train_seconds", "epochs")}
            | {"trained_on": "; ".join(dict.fromkeys(_machine(r["machine"]) for r in recorded))}
        )
    return pd.DataFrame(rows, columns=COST)


def measure(
    record: Mapping[str, Any], stores: Mapping[str, RaggedStore], model_files: Sequence[str] = ()
) -> dict[str, Any]:
    """Operations, time and memory of a forward pass of one system, with random weights.

    Args:
        record: the record of one of its runs.
        stores: {name: feature file} of all that it reads; the first utterances are its input.
        model_files: model files outside the package.
    """
    read = {name: stores[name] for name in record["features"]}
    prosody = read.pop("prosody", None)
    dtype = getattr(torch, record["dtype"])
    reads = find_entry(record["model"], model_files).reads
    inputs = Inputs(read, record["lengths"], {}, dtype, reads, prosody)
    network = build_network(inputs, record, model_files).to(dtype).eval()
    ids = next(iter(read.values())).ids[:BATCH]
    batch = inputs.batch(ids)
    return {
        "operations": operations(network, inputs.batch(ids[:1])),
        "milliseconds": 1000 * seconds(network, batch) / len(ids),
        "megabytes": memory(network, batch) / 1e6,
        "measured_on": f"CPU {platform.machine()}, {count(THREADS, 'thread')}, "
        f"batches of {len(ids)}",
    }


def operations(network: nn.Module, batch: Batch) -> int:
    """Floating-point operations of the matrix products and convolutions of a forward pass.

    A multiplication and an addition count two. Layers that torch computes as a whole (LSTM,
    attention) are computed from their matrix products here, so that these are counted too.
    """
    aten = torch.ops.aten
    missing = {
        aten.baddbmm_: lambda out, a, b, **others: 2 * prod(a) * b[-1],
        aten.mv: lambda matrix, vector, **others: 2 * prod(matrix),
    }
    with (
        # `flags` warns where torch has no support for Intel's GPUs, and uses none.
        warnings.catch_warnings(action="ignore"),
        torch.backends.mkldnn.flags(enabled=False),
        sdpa_kernel(SDPBackend.MATH),
        torch.enable_grad(),  # without gradients nn.MultiheadAttention is one operation
        FlopCounterMode(display=False, custom_mapping=missing) as counter,
    ):
        network(batch)
    return counter.get_total_flops()


def seconds(network: nn.Module, batch: Batch) -> float:
    """Median time of the processor for a forward pass, after a first one that is not timed.

    Unlike time on the clock it does not grow where other jobs share the processor.
    """
    times: list[float] = []
    with torch.no_grad():
        network(batch)
        while sum(times) < SECONDS:
            start = process_time()
            network(batch)
            times.append(process_time() - start)
    return median(times)


def memory(network: nn.Module, batch: Batch) -> int:
    """Most bytes that the tensors of a forward pass take at a time, without weights and inputs."""
    with torch.no_grad(), LiveTensors() as tensors:
        network(batch)
    return tensors.most


class LiveTensors(TorchDispatchMode):
    """Counts the bytes of the tensors that are made in the block: those alive, and their most.

    What an operation uses only inside is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alive = self.most = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run an operation; what it returns in other memory than it was given is new."""
        result = function(*args, **(kwargs or {}))
        new = _storages(result)
        for place in new.keys() - _storages((args, kwargs)).keys():
            size = new[place].nbytes()
            self.alive += size
            weakref.finalize(new[place], self._free, size)
        self.most = max(self.most, self.alive)
        return result

    def _free(self, size: int) -> None:
        self.alive -= size


def _storages(values: Any) -> dict[int, torch.UntypedStorage]:
    """{address: memory} of the tensors in nested lists and dicts."""
    tensors = [one for one in tree_leaves(values) if isinstance(one, torch.Tensor)]
    return {one.data_ptr(): one for one in (tensor.untyped_storage() for tensor in tensors)}


def _machine(machine: Mapping[str, Any]) -> str:
    """For example "CPU x86_64, 2 threads"."""
    kind = "GPU" if machine["device"].startswith("cuda") else "CPU"
    threads = f", {count(machine['threads'], 'thread')}" if kind == "CPU" else ""
    return f"{kind} {machine['device_name']}{threads}"
