"""What the benchmarks of training share: the committed configuration, and features to train on."""

from pathlib import Path

import numpy as np
import yaml

from emofusion.config.loading import load_config
from emofusion.config.schema import Config
from emofusion.features.store.write import write_ragged, write_tokens
from emofusion.models import WIDTHS

ROOT = Path(__file__).parents[1]
FRAMES = {"audio": 100, "vision": 3}  # a second
TYPES = 3745  # of words, and the row of zeros


def committed_config() -> Config:
    """config.yaml, with a corpus that passes for a real one."""
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


def run_settings(config: Config, model: str, names: list[str]) -> dict[str, object]:
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
