"""Files that torch.save writes."""

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from emofusion.errors import DataError, kind_of


def load_tensors(path: Path, step: str) -> Any:
    """Read tensors and plain values that torch.save wrote, onto the CPU.

    Args:
        path: the file, whatever its name.
        step: what was expected and what to do, the end of the error message.

    Raises:
        DataError: the file cannot be read, or holds other objects; names what it is.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's warnings about pickles
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # which one depends on the bytes
        raise DataError(f"{path}: {_fault(path, error)}; {step}") from None


def _fault(path: Path, error: Exception) -> str:
    """What a file is that torch.load refuses."""
    try:
        kind = kind_of(path)
    except OSError as unreadable:
        return f"cannot be read ({unreadable.strerror})"
    objects = isinstance(error, pickle.UnpicklingError) or "TorchScript" in str(error)
    if kind.startswith("a zip archive"):
        if not checksums_hold(path):
            return "is cut off or damaged"
        if not objects:
            return "is a zip archive that torch.save did not write"
    elif kind == "a pickle":
        if not objects:
            return "is cut off or damaged"
    else:
        return "no such file" if kind == "no such file" else f"is {kind}"
    return "holds objects other than tensors and plain values, such as a whole pickled model"


def checksums_hold(path: Path) -> bool:
    """Whether a zip archive is whole; torch compares no checksums."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except Exception:  # which one depends on the damage
        return False


def misfits(network: nn.Module, state: Mapping[str, torch.Tensor]) -> str:
    """How a state dict differs from a network's, in words; empty where it fits.

    Counters of batch normalisation, which old files lack, may be missing.
    """
    expected = network.state_dict()
    counters = {key for key in expected if key.endswith("num_batches_tracked")}
    shared = expected.keys() & state.keys()
    problems = {
        "missing": expected.keys() - state.keys() - counters,
        "unknown": state.keys() - expected.keys(),
        "of another shape": {key for key in shared if expected[key].shape != state[key].shape},
    }
    return "; ".join(
        f"{len(keys)} keys {kind} ({', '.join(sorted(keys)[:3])}{', ...' if len(keys) > 3 else ''})"
        for kind, keys in problems.items()
        if keys
    )
