"""The state of an unfinished job on disk, so that a killed job continues from it."""

import logging
import pickle
import time
from pathlib import Path
from typing import Any

import torch

from emofusion.files import replacing

log = logging.getLogger(__name__)


class Checkpoint:
    """A file with the state of a job's runs, valid only for the inputs that decide their results.

    Args:
        path: the file.
        key: hash of configuration, code, data, machine and seeds; a state of another key is
            discarded, not resumed.
        seconds: least time between two savings; a killed job loses about as much.
    """

    def __init__(self, path: Path, key: str, seconds: float = 30) -> None:
        self.path = path
        self.key = key
        self.seconds = seconds
        self._saved = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The state to continue from, None if there is none that fits."""
        if not self.path.is_file():
            return None
        try:
            found = torch.load(self.path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
            log.warning("%s cannot be read (%s): the run starts anew", self.path, error)
            return None
        if found.get("key") != self.key:
            log.warning(
                "%s is from another configuration, code, data, machine or set of seeds: discarded",
                self.path,
            )
            return None
        return found["state"]

    def due(self) -> bool:
        """Whether enough time has passed to save again."""
        return time.monotonic() - self._saved >= self.seconds

    def save(self, state: dict[str, Any]) -> None:
        """Replace the stored state, completely or not at all."""
        with replacing(self.path) as beside:
            torch.save({"key": self.key, "state": state}, beside)
        self._saved = time.monotonic()

    def remove(self) -> None:
        """Delete the stored state, since the job is done."""
        self.path.unlink(missing_ok=True)
