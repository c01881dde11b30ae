"""Memory that a training run needs for itself, on features of IEMOCAP's size.

Feature files are mapped: other jobs share them, so that they do not count.

Use: python benchmarks/memory.py [model modalities]

Writes 2.5 GB of random features to a temporary folder, trains three steps, and looks at the
development and test partitions, as a run does. Linux only: reads /proc/self/smaps_rollup.
"""

import sys
import tempfile
import threading
from pathlib import Path

from made_up import CONFIG, train, write_features

UTTERANCES = 7487


def own_mb() -> float:
    """Memory that no other job could share: pages of files, such as features, do not count."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1024


def main(model: str = "self", modalities: str = "tva") -> None:
    """Train, and watch the memory."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_features(folder, UTTERANCES, CONFIG.labels)
        peak, done = [own_mb()], threading.Event()

        def watch() -> None:
            while not done.wait(0.1):
                peak.append(own_mb())

        watcher = threading.Thread(target=watch)
        watcher.start()
        train(folder, {1: folder / "run"}, model, modalities, "cpu", 1, max_steps=3)
        done.set()
        watcher.join()
    print(f"{model} {modalities}: {peak[0]:.0f} MB before, {max(peak):.0f} MB at most")


if __name__ == "__main__":
    main(*sys.argv[1:])
