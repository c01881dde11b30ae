"""A training job: reads the data of a fold, trains some seeds, writes each run to its folder."""

import csv
import hashlib
import json
import logging
import os
import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch import nn

from emofusion.features.store.read import RaggedStore
from emofusion.files import replacing
from emofusion.models import build_model, registry
from emofusion.registry import function_of
from emofusion.runs import CHECKPOINT, HISTORY, OUTCOME, PREDICTIONS, RECORD, WEIGHTS
from emofusion.training import SELECTABLE
from emofusion.training.checkpoint import Checkpoint
from emofusion.training.data import Inputs, Partition, fit_scaler, read_split, with_votes
from emofusion.training.device import exclusive, keep_memory, lease_device
from emofusion.training.loop import Metric, Outcome, Settings, derived_seeds, train

log = logging.getLogger(__name__)


def train_runs(
    runs: Mapping[int, Path],
    *,
    model: str,
    modalities: str,
    fold: int,
    split: Path,
    features: Mapping[str, Path],
    settings: Mapping[str, Any],
    device: str,
    threads: int,
    code: str = "",
    model_files: Sequence[str] = (),
    keep_weights: Collection[int] = (),
    checkpoint_seconds: float = 30,
    votes: Path | None = None,
) -> None:
    """Train some seeds of one fold, side by side.

    A job that was killed goes on from its checkpoint. This file is in the first run's folder, and
    is deleted when all runs are done.

    Args:
        runs: {seed: folder of the run}.
        model, modalities, fold: which system, on which data.
        split: table of the fold.
        features: {modality: feature file} of the modalities used, and of prosody if it is read.
        settings: the part of the configuration that decides the result: `labels`, `lengths` (time
            steps at most; a feature file may set a smaller `max_length`), `dtype`,
            `standardize_audio`,
            `architecture`, `training`; of modalities other than the paper's, `further_modalities`,
            {letter: name}, and `standardize`, the names of those to standardise.
        device: auto, cpu or cuda.
        threads: CPU threads; sums are ordered by it, so it belongs to the run's record.
        code: fingerprint of the code that decides the result.
        model_files: model files outside the package.
        keep_weights: seeds whose best weights stay, as `weights.pt`.
        checkpoint_seconds: least time between two checkpoints; a killed job loses about as much.
        votes: table of the annotators' votes, for the loss `soft`.
    """
    set_determinism(threads)
    keep_memory()
    classes, partitions = read_split(split, settings["labels"])
    if votes is not None:
        partitions = with_votes(partitions, votes, classes)
    stores = {name: RaggedStore(path) for name, path in features.items()}
    hashes = {name: store.sha256 for name, store in stores.items()}
    prosody = stores.pop("prosody", None)
    lengths = {name: _length(settings["lengths"][name], store) for name, store in stores.items()}
    settings = {**settings, "labels": classes, "lengths": lengths}
    scalers = _fit_scalers(stores, prosody, partitions["train"].ids, settings)
    reads = registry(model_files)[model].reads
    dtype = getattr(torch, settings["dtype"])
    with lease_device(device) as leased, ExitStack() as locks:
        for folder in sorted(runs.values()):
            locks.enter_context(exclusive(folder))
        inputs = Inputs(stores, lengths, scalers, dtype, reads, prosody, leased)
        record = {
            "model": model,
            "modalities": modalities,
            "fold": fold,
            **settings,
            "code": code,
            "split": hashlib.sha256(split.read_bytes()).hexdigest(),
            **({} if votes is None else {"votes": hashlib.sha256(votes.read_bytes()).hexdigest()}),
            "features": hashes,
            "machine": _machine(leased, threads),
            "job_seeds": sorted(runs),
        }
        log.info("%s on %s, fold %d, seeds %s, on %s", model, modalities, fold, [*runs], leased)
        starts = {}
        for seed in runs:
            torch.manual_seed(derived_seeds(seed)[0])
            network = build_network(inputs, record, model_files).to(leased, dtype)
            starts[seed] = network.state_dict()
        first = next(iter(runs.values()))
        checkpoint = Checkpoint(first / CHECKPOINT, _key(record), checkpoint_seconds)
        outcomes = train(
            network,
            starts,
            inputs,
            partitions,
            settings=Settings(**settings["training"]),
            checkpoint=checkpoint,
            metric=_metric(settings["training"]["select_on"], model_files),
        )
        for seed, folder in runs.items():
            of_seed = {**record, "seed": seed}
            _write_run(folder, outcomes[seed], partitions, network, of_seed)
            if seed in keep_weights:
                _write_weights(folder / WEIGHTS, outcomes[seed].weights, scalers, inputs, of_seed)
        checkpoint.remove()


def set_determinism(threads: int) -> None:
    """Make equal runs on the same kind of device equal to the bit."""
    torch.set_num_threads(threads)
    # On GPUs: cuBLAS is deterministic only with this workspace; float32 means float32, not TF32.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    # As torch.use_deterministic_algorithms(True), which would import torch's compiler: 1.7 s.
    torch.set_deterministic_debug_mode("error")
    # No code here reads uninitialised memory; filling every new tensor would only cost time.
    # (torch sets the attribute in a way that its types do not show.)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def build_network(
    inputs: Inputs, record: Mapping[str, Any], model_files: Sequence[str] = ()
) -> nn.Module:
    """The model that a run's record describes, for the inputs that it reads."""
    widths = {name: store.dim for name, store in inputs.stores.items()}
    sizes = dict(record["architecture"])
    if inputs.prosody is not None:
        widths["prosody"] = inputs.prosody.dim
    if "tokens" in inputs.reads and "text" in inputs.stores:
        sizes["embedding"] = torch.from_numpy(np.array(inputs.stores["text"].embedding))
    return build_model(
        record["model"],
        record["modalities"],
        lengths=dict(inputs.lengths),
        widths=widths,
        classes=len(record["labels"]),
        files=model_files,
        further=record.get("further_modalities"),
        **sizes,
    )


def _metric(name: str, files: Sequence[str]) -> Metric | None:
    """The registered metric that selects the best check; None for those of the loop itself."""
    return None if name in SELECTABLE else function_of("METRICS", name, files)


def _length(limit: int | None, store: RaggedStore) -> int:
    """Time steps that a model reads: the smaller of the model's limit and the file's own."""
    known = [n for n in (limit, store.attributes.get("max_length")) if n is not None]
    return int(min(known))


def _fit_scalers(
    stores: Mapping[str, RaggedStore],
    prosody: RaggedStore | None,
    ids: Sequence[str],
    settings: Mapping[str, Any],
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    scalers = {}
    if settings["standardize_audio"] and "audio" in stores:
        scalers["audio"] = fit_scaler(stores["audio"], ids, settings["lengths"]["audio"])
    for name in settings.get("standardize", []):
        scalers[name] = fit_scaler(stores[name], ids, settings["lengths"][name])
    if prosody is not None:
        # Semitones, decibels and seconds differ in scale: they are always standardised.
        scalers["prosody"] = fit_scaler(prosody, ids, 1)
    return scalers


def _key(record: Mapping[str, Any]) -> str:
    """Hash of everything that a run's result depends on, to the bit."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _machine(device: torch.device, threads: int) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": device.type,
        "device_name": name,
        "threads": threads,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "h5py": h5py.__version__,
        "emofusion": version("emofusion"),
    }


def _write_run(
    folder: Path,
    outcome: Outcome,
    partitions: Mapping[str, Partition],
    network: nn.Module,
    record: Mapping[str, Any],
) -> None:
    labels = record["labels"]
    _write_csv(
        folder / PREDICTIONS,
        ["utterance_id", "partition", "label", "predicted", *(f"p_{label}" for label in labels)],
        (
            [utterance, name, labels[label], labels[row.argmax()], *(f"{p:.9g}" for p in row)]
            for name, probabilities in outcome.probabilities.items()
            for utterance, label, row in zip(
                partitions[name].ids, partitions[name].labels, probabilities, strict=True
            )
        ),
    )
    _write_csv(
        folder / HISTORY,
        list(outcome.best.columns(record["training"]["select_on"])),
        (check.columns("").values() for check in outcome.history),
    )
    _write_json(
        folder / OUTCOME,
        {
            "best_epoch": outcome.best.epoch,
            "epochs": outcome.history[-1].epoch,
            "stopped_early": outcome.stopped_early(record["training"]["stop_patience"]),
            "dev_accuracy": outcome.best.dev_accuracy,
            "train_seconds": round(outcome.seconds, 3),
            "parameters": sum(parameter.numel() for parameter in network.parameters()),
        },
    )
    _write_json(folder / RECORD, record)  # JSON is YAML, and needs no import


def _write_weights(
    path: Path,
    weights: Mapping[str, torch.Tensor],
    scalers: Mapping[str, tuple[np.ndarray, np.ndarray]],
    inputs: Inputs,
    record: Mapping[str, Any],
) -> None:
    """All that prediction on new data needs: plain values and tensors, loaded with weights_only."""
    stores: dict[str, Any] = {
        **inputs.stores,
        **({"prosody": inputs.prosody} if inputs.prosody else {}),
    }
    content: dict[str, Any] = {
        # On the CPU, so that they can be read where there is no GPU.
        "weights": {name: values.cpu() for name, values in weights.items()},
        "record": dict(record),
        "scalers": {
            name: [torch.from_numpy(values) for values in scaler]
            for name, scaler in scalers.items()
        },
        "extractors": {name: store.attributes for name, store in stores.items()},
    }
    text = stores.get("text")
    if text is not None and text.embedding is not None:
        content["words"] = text.words
        content["embedding"] = torch.from_numpy(np.array(text.embedding))
    with replacing(path) as beside:
        torch.save(content, beside)


def _write_csv(path: Path, header: list[str], rows: Iterable[Iterable[Any]]) -> None:
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with replacing(path) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
