"""The models, found by name: each file of this folder says in `MODELS` what it defines.

A model file holds a literal `MODELS = {name: "the modality sets where it is defined"}` and a
function `build(name, modalities, *, lengths, widths, classes, **sizes)`. The table is read from the
source, so that the workflow knows every model without importing torch, and a new file changes
nothing for the others.
"""

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

LENGTHS = {"text": 128, "vision": 32, "audio": 1000}
WIDTHS = {"text": 300, "vision": 2048, "audio": 120}


@cache
def _tables() -> dict[str, dict[str, str]]:
    """{module: {model: its modality sets}} of every model file."""
    tables = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MODELS":
                tables[f"{__name__}.{path.stem}"] = ast.literal_eval(node.value)
    return tables


def defined_modalities() -> dict[str, tuple[str, ...]]:
    """{model: the modality sets where it is defined}, by name."""
    return {
        name: tuple(sets.split())
        for table in _tables().values()
        for name, sets in sorted(table.items())
    }


def module_of(name: str) -> str:
    """Full name of the module that defines a model."""
    return next(module for module, table in _tables().items() if name in table)


def build_model(
    name: str,
    modalities: str,
    *,
    lengths: dict[str, int] = LENGTHS,
    widths: dict[str, int] = WIDTHS,
    classes: int = 7,
    **sizes: float,
) -> "nn.Module":
    """Build a model with the paper's sizes; keyword arguments change them.

    Args:
        name: a key of `defined_modalities()`.
        modalities: letters in the paper's order, for example "tva".
        lengths: time steps of each padded input, by modality name.
        widths: features of each input, by modality name.
        classes: number of logits.
        sizes: what the model's own `build` takes.

    Returns:
        A module that maps {modality: [batch, time, feature]} to logits [batch, classes].

    Raises:
        ValueError: an unknown model, or modalities where it is not defined.
    """
    known = defined_modalities()
    if name not in known:
        raise ValueError(f"{name!r} is not a model; known are {', '.join(known)}")
    if modalities not in known[name]:
        raise ValueError(
            f"{name} is not defined on {modalities!r}, only on {', '.join(known[name])}"
        )
    module = importlib.import_module(module_of(name))
    return module.build(name, modalities, lengths=lengths, widths=widths, classes=classes, **sizes)
