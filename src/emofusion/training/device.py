"""Which device a job computes on."""

import torch

from emofusion.errors import DataError


def choose_device(wanted: str) -> torch.device:
    """`auto` takes a GPU where there is one; `cpu` and `cuda` are taken at their word.

    Raises:
        DataError: `cuda` on a machine without a usable GPU.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise DataError("device: cuda is asked for, but torch sees no GPU here; use auto or cpu")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)
