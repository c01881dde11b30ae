"""One run on disk: what it reads, and the four files that it leaves in its folder."""

import csv
import dataclasses
import json
import logging
import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from emofusion.features.store import RaggedStore
from emofusion.files import replacing
from emofusion.models import build_model
from emofusion.training.data import Inputs, Partition, fit_scaler, read_split
from emofusion.training.device import choose_device
from emofusion.training.loop import Outcome, streams, train

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
) -> None:
    """Train some seeds of one fold, one after the other; the data are read once.

    Args:
        runs: {seed: folder of the run}.
        model, modalities, fold: which system, on which data.
        split: table of the fold.
        features: {modality: feature file} of the modalities used.
        settings: the part of the configuration that decides the result: `labels`, `lengths` (None:
            as the feature file says), `dtype`, `standardize_audio`, `architecture`, `training`.
        device: auto, cpu or cuda.
        threads: CPU threads; sums are ordered by it, so it belongs to the run's record.
    """
    torch.set_num_threads(threads)
    # On GPUs: cuBLAS repeats itself only with this workspace, and float32 means float32, not TF32.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True)
    where = choose_device(device)
    dtype = getattr(torch, settings["dtype"])
    classes, partitions = read_split(split, settings["labels"])
    stores = {name: RaggedStore(path) for name, path in features.items()}
    lengths = {name: settings["lengths"][name] or store.longest for name, store in stores.items()}
    settings = {**settings, "labels": classes, "lengths": lengths}
    scalers = {}
    if settings["standardize_audio"] and "audio" in stores:
        scalers["audio"] = fit_scaler(stores["audio"], partitions["train"].ids, lengths["audio"])
    inputs = Inputs(stores, lengths, scalers, dtype)
    for seed, folder in runs.items():
        log.info("%s on %s, fold %d, seed %d, on %s", model, modalities, fold, seed, where)
        weights_seed, order_seed, dropout_seed = streams(seed)
        torch.manual_seed(weights_seed)
        network = build_model(
            model,
            modalities,
            lengths=lengths,
            widths={name: store.dim for name, store in stores.items()},
            classes=len(classes),
            **settings["architecture"],
        ).to(where, dtype)
        outcome = train(
            network,
            inputs,
            partitions,
            order_seed=order_seed,
            dropout_seed=dropout_seed,
            device=where,
            **settings["training"],
        )
        record = {
            "model": model,
            "modalities": modalities,
            "fold": fold,
            "seed": seed,
            **settings,
            "features": {name: store.sha256 for name, store in stores.items()},
            "machine": _machine(where, threads),
        }
        parameters = sum(p.numel() for p in network.parameters())
        _write_run(folder, outcome, partitions, classes, parameters, record)


def _machine(device: torch.device, threads: int) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": device.type,
        "device_name": name,
        "threads": threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "h5py": h5py.__version__,
    }


def _write_run(
    folder: Path,
    outcome: Outcome,
    partitions: Mapping[str, Partition],
    labels: list[str],
    parameters: int,
    record: dict[str, Any],
) -> None:
    _write_csv(
        folder / "predictions.csv",
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
        folder / "history.csv",
        [field.name for field in dataclasses.fields(outcome.best)],
        (dataclasses.astuple(epoch) for epoch in outcome.history),
    )
    _write_json(
        folder / "metrics.json",
        {
            "best_epoch": outcome.best.epoch,
            "epochs": len(outcome.history),
            "dev_accuracy": outcome.best.dev_accuracy,
            "train_seconds": round(outcome.seconds, 3),
            "parameters": parameters,
        },
    )
    # JSON is YAML too, and its writer needs no import that each of a thousand jobs would pay for.
    _write_json(folder / "config.yaml", record)


def _write_csv(path: Path, header: list[str], rows: Iterable[Iterable[Any]]) -> None:
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with replacing(path) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
