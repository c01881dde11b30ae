"""What the benchmarks of training share: the committed configuration, and features to train on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from emofusion.config.loading import load_config
from emofusion.config.schema import Config
from emofusion.features.store.write import write_ragged, write_tokens
from emofusion.modalities import MODALITIES
from emofusion.models import WIDTHS
from emofusion.training.run import train_runs

ROOT = Path(__file__).parents[1]
FRAMES = {"audio": 100, "vision": 3}  # a second
TYPES = 3745  # of words, and the row of zeros


def committed_config() -> Config:
    """config.yaml for a synthetic corpus, so that it needs no data, and without prosody."""
    raw = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    synthetic = {"seed": 1, "dialogs": 1, "turns": 1}
    prosody = raw["features"] | {"prosody": False}
    return load_config(raw | {"source": "synthetic", "synthetic": synthetic, "features": prosody})


def write_features(folder: Path, utterances: int, labels: list[str]) -> list[str]:
    """Random features, as long as those of real utterances, and a fold; gives the utterances."""
    rng = np.random.default_rng(0)
    ids = [f"u{i}" for i in range(utterances)]
    seconds = rng.gamma(2.2, 2.1, utterances).clip(0.6, 35)
    for name, rate in FRAMES.items():
        width, lengths = WIDTHS[name], np.ceil(seconds * rate).astype(int)
        frames = (rng.standard_normal((n, width), np.float32) for n in lengths)
        write_ragged(folder / f"{name}.h5", ids, lengths.tolist(), frames, width, {})
    words = ["", *(f"w{i}" for i in range(1, TYPES))]
    tokens = [rng.integers(1, TYPES, max(1, int(3 * s))) for s in seconds]
    embedding = rng.standard_normal((TYPES, WIDTHS["text"]), np.float32)
    embedding[0] = 0
    write_tokens(folder / "text.h5", ids, tokens, words, embedding, {})
    parts = ["train"] * 8 + ["dev", "test"]
    rows = [f"{name},{parts[i % 10]},{labels[i % 7]}" for i, name in enumerate(ids)]
    (folder / "fold1.csv").write_text("\n".join(["utterance_id,partition,label", *rows]) + "\n")
    return ids


def run_settings(config: Config, model: str, names: list[str]) -> dict[str, Any]:
    """What `train_runs` is told of a model on some modalities."""
    return {
        "labels": config.labels,
        "dtype": "float32",
        "standardize_audio": "audio" in names,
        "lengths": {name: lengths_of(config, model)[name] for name in names},
        "architecture": config.sizes_of(model),
        "training": config.training_of(model),
    }


def lengths_of(config: Config, model: str) -> dict[str, int]:
    """Time steps of each modality, as the configuration has them for a model."""
    own = config.model_settings[model].lengths if model in config.model_settings else {}
    return {name: getattr(config.features, name).max_length for name in WIDTHS} | own


CONFIG = committed_config()


def train(
    folder: Path,
    runs: Mapping[int, Path],
    model: str,
    modalities: str,
    device: str,
    threads: int,
    **training: object,
) -> None:
    """Train on the features of a folder, by the committed configuration.

    Args:
        folder: where `write_features` wrote.
        runs: {seed: folder of the run}.
        model, modalities: the system.
        device, threads: what to compute on.
        training: keys of `training` that differ.
    """
    names = [MODALITIES[letter] for letter in modalities]
    settings = run_settings(CONFIG, model, names)
    train_runs(
        runs,
        model=model,
        modalities=modalities,
        fold=1,
        split=folder / "fold1.csv",
        features={name: folder / f"{name}.h5" for name in names},
        settings=settings | {"training": settings["training"] | training},
        device=device,
        threads=threads,
    )
