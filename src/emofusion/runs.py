"""The folder of a run: its key, and the files in it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from emofusion.errors import DataError

RUN = "runs/{model}/{modalities}/fold{fold}_seed{seed}"
"""The folder of a run, relative to the results."""

FOLDER_NAME = re.compile(r"fold(\w+)_seed(\w+)")
"""The last part of it: fold and seed."""

PREDICTIONS, HISTORY, OUTCOME, RECORD = (
    "predictions.csv",
    "history.csv",
    "metrics.json",
    "config.yaml",
)
RUN_FILES = (PREDICTIONS, HISTORY, OUTCOME, RECORD)
WEIGHTS = "weights.pt"
CHECKPOINT = "checkpoint.pt"

RUN_KEYS = ["model", "modalities", "fold", "seed"]


class RunKey(TypedDict):
    """The key of a run."""

    model: str
    modalities: str
    fold: int
    seed: int


def run_file(key: Mapping[str, Any], name: str) -> str:
    """Path of a file of a run, relative to the results."""
    return f"{RUN.format_map(key)}/{name}"


def is_finished(results: Path, key: Mapping[str, Any]) -> bool:
    """Whether a run has left all its files."""
    return all((results / run_file(key, name)).is_file() for name in RUN_FILES)


def job_logs(results: Path, system: tuple[str, str], fold: int) -> dict[Path, list[int]]:
    """{log: the seeds that share its job} of the training jobs of a system and fold."""
    folder = results / "logs/train" / "/".join(system)
    logs = sorted(folder.glob(f"fold{fold}_seed_*.log"))
    return {log: [int(seed) for seed in log.stem.split("_seed_")[1].split("_")] for log in logs}


def read_record(folder: Path) -> dict[str, Any]:
    """What decided a run: its config.yaml, which is written as JSON.

    Raises:
        DataError: the file is missing or damaged.
    """
    path = folder / RECORD
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: expected the record of a run, found none that can be read ({error}). "
            "Start the workflow again: it makes what is missing"
        ) from None
