"""The GPUs of this machine, without torch: the workflow counts them at every start."""

import os
from itertools import takewhile
from pathlib import Path

DEVICES = Path("/dev")
DRIVER = Path("/proc/driver/nvidia/gpus")
WINDOWS = Path("/usr/lib/wsl/lib/libcuda.so.1")
"""NVIDIA's driver under WSL, which has one device file for all GPUs."""
HIDDEN = {"", "-1", "NoDevFiles"}
"""Values of CUDA_VISIBLE_DEVICES that name no GPU; entries after them are ignored."""


def visible_gpus() -> list[str]:
    """NVIDIA GPUs that a process may use; whether torch can is another question.

    Returns:
        Their device files, or what CUDA_VISIBLE_DEVICES names where it is set.
    """
    found = sorted(str(path) for path in DEVICES.glob("nvidia[0-9]*"))
    if not found and WINDOWS.exists():
        found = [str(DEVICES / "dxg")]
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None or not found:
        return found
    return list(takewhile(lambda one: one not in HIDDEN, map(str.strip, named.split(","))))


def card_names() -> list[str]:
    """Models of the NVIDIA cards of this machine, if the driver names them."""
    lines = []
    for path in sorted(DRIVER.glob("*/information")):
        try:
            lines += path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
    return [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
