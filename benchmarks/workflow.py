"""What the workflow itself costs: planning all runs of config.yaml, and a training job's start.

Use: python benchmarks/workflow.py      (after make demo, whose corpus passes for a release)

The job is a run of the demo, bounded to one epoch, trained again in a folder of its own. All CPU
time of the invocation is counted, less that of a dry run (the driver) and the training's own
seconds on its one thread.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import yaml

DEMO = Path("results/demo")
DATA = {
    "corpus": str(DEMO / "synthetic/IEMOCAP_full_release"),
    "glove": str(DEMO / "synthetic/glove.txt"),
    "expected_counts": None,
}
TIMES = 3


class Cost(NamedTuple):
    """Seconds of the clock and of the CPU, peak memory [MB] of the largest process."""

    wall: float
    cpu: float
    memory: float


def snakemake(*arguments: str) -> Cost:
    """Run the workflow quietly and say what it took, its jobs included."""
    command = [sys.executable, "-m", "snakemake", "--quiet", "all", *arguments]
    start = os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = os.times().elapsed - start.elapsed
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def overlay(folder: Path, **keys: object) -> str:
    """A file with some keys of the configuration."""
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump(keys), encoding="utf-8")
    return str(path)


def planning(folder: Path) -> None:
    """All jobs of the committed configuration, as on the first day."""
    file = overlay(folder, **DATA, results=str(folder / "planned"))
    for _ in range(TIMES):
        cost = snakemake("--cores", "2", "--configfile", file, "--dry-run")
        print(f"planning: {cost.wall:.1f} s, {cost.cpu:.1f} s CPU, {cost.memory:.0f} MB")


def job(folder: Path) -> None:
    """A training job of one epoch, beyond its training."""
    for name in ("corpus", "splits", "features", "shards"):
        (folder / "out").mkdir(exist_ok=True)
        (folder / "out" / name).symlink_to((DEMO / name).resolve())
    run = folder / "out/runs/self/t/fold1_seed1"
    file = overlay(folder, results=str(folder / "out"), seeds=[1], training={"max_epochs": 1})
    options = ["--cores", "1", "--configfile", "protocols/demo.yaml", file]
    options += ["--rerun-triggers", "mtime", "--allowed-rules", "train_seed_1"]
    target = ["--", str(run / "predictions.csv")]
    driver = snakemake(*options, "--dry-run", *target)
    for _ in range(TIMES):
        cost = snakemake(*options, "--force", *target)
        trained = json.loads((run / "metrics.json").read_text())["train_seconds"]
        print(f"a job: {cost.cpu - driver.cpu - trained:.1f} s CPU beyond {trained:.1f} s training")


if __name__ == "__main__":
    for measure in (planning, job):
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name).resolve())
