"""Memory of a training run's own on features of IEMOCAP's size; the files are mapped and shared.

Use: python benchmarks/memory.py [model modalities]

Writes 2.5 GB of random features to a temporary folder, trains three steps, and looks at the
development and test partitions, as a run does. Linux only: reads /proc/self/smaps_rollup.
"""

import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import yaml

from emofusion.config import Config, load_config
from emofusion.features.store import write_ragged, write_tokens
from emofusion.modalities import MODALITIES
from emofusion.splits import published_split
from emofusion.training.run import train_runs

UTTERANCES, TYPES = 7487, 3745
FRAMES = {"audio": (100, 120), "vision": (3, 2048)}  # a second, width
LABELS = ["ang", "exc", "hap", "sad", "fru", "sur", "neu"]


def own_mb() -> float:
    """Memory that no other job could share: pages of files, such as features, do not count."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1024


def write_features(folder: Path) -> None:
    """Random features of the real lengths."""
    rng = np.random.default_rng(0)
    ids = [f"u{i}" for i in range(UTTERANCES)]
    seconds = rng.gamma(2.2, 2.1, UTTERANCES).clip(0.6, 35)
    for name, (rate, width) in FRAMES.items():
        lengths = np.ceil(seconds * rate).astype(int)
        frames = (rng.standard_normal((n, width), np.float32) for n in lengths)
        write_ragged(folder / f"{name}.h5", ids, lengths.tolist(), frames, width, {})
    words = ["", *(f"w{i}" for i in range(1, TYPES))]
    tokens = [rng.integers(1, TYPES, max(1, int(3 * s))) for s in seconds]
    embedding = rng.standard_normal((TYPES, 300), np.float32)
    embedding[0] = 0
    write_tokens(folder / "text.h5", ids, tokens, words, embedding, {})
    rows = [
        f"{name},{part},{LABELS[i % 7]}"
        for i, (name, part) in enumerate(zip(ids, published_split(UTTERANCES, 1), strict=True))
    ]
    header = "utterance_id,partition,label"
    (folder / "fold1.csv").write_text("\n".join([header, *rows]) + "\n")


def committed_config() -> Config:
    """config.yaml with word vectors and a corpus that pass for real ones."""
    raw = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
    synthetic = {"seed": 1, "dialogs": 1, "turns": 1}
    prosody = raw["features"] | {"prosody": False}
    return load_config(raw | {"source": "synthetic", "synthetic": synthetic, "features": prosody})


def main(model: str = "self", modalities: str = "tva") -> None:
    """Train, and watch the memory."""
    config = committed_config()
    names = [MODALITIES[letter] for letter in modalities]
    settings = {
        "labels": LABELS,
        "dtype": "float32",
        "standardize_audio": "audio" in names,
        "lengths": {name: getattr(config.features, name).max_length for name in names},
        "architecture": config.sizes_of(model),
        "training": config.training_of(model) | {"max_steps": 3},
    }
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_features(folder)
        peak, done = [own_mb()], threading.Event()

        def watch() -> None:
            while not done.wait(0.1):
                peak.append(own_mb())

        watcher = threading.Thread(target=watch)
        watcher.start()
        train_runs(
            {1: folder / "run"},
            model=model,
            modalities=modalities,
            fold=1,
            split=folder / "fold1.csv",
            features={name: folder / f"{name}.h5" for name in names},
            settings=settings,
            device="cpu",
            threads=1,
        )
        done.set()
        watcher.join()
    print(f"{model} {modalities}: {peak[0]:.0f} MB before, {max(peak):.0f} MB at most")


if __name__ == "__main__":
    main(*sys.argv[1:])
