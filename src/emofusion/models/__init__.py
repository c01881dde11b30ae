"""The models, found by name: each file of this folder says in `MODELS` what it defines.

A model file holds a literal `MODELS = {name: "the modality sets where it is defined"}` and a
function `build(name, modalities, *, lengths, widths, classes, **sizes)`; sizes are keyword
arguments of its classes with a number as default. A literal `READS = {name: "lengths tokens
prosody"}` names what a model reads besides padded features. These tables are read from the source,
so that the workflow knows every model without importing torch, and a new file changes nothing for
the others. Files outside the package are found in the same way: `model_files` in config.yaml.
"""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from emofusion.errors import DataError

if TYPE_CHECKING:
    from torch import nn

LENGTHS = {"text": 128, "vision": 32, "audio": 1000}
WIDTHS = {"text": 300, "vision": 2048, "audio": 120}


@dataclass(frozen=True)
class Entry:
    """What is known of a model without importing it.

    Attributes:
        path: of its file.
        modalities: the sets where it is defined, by their letters.
        reads: what it reads besides padded features: lengths, tokens, prosody.
        sizes: {keyword argument: default} of its sizes.
    """

    path: Path
    modalities: tuple[str, ...]
    reads: tuple[str, ...]
    sizes: dict[str, float]

    @property
    def module(self) -> str | None:
        """Full name of its module, None for a file outside the package."""
        inside = self.path.parent == Path(__file__).parent
        return f"{__name__}.{self.path.stem}" if inside else None


def registry(files: Iterable[str | Path] = ()) -> dict[str, Entry]:
    """{name: entry} of all models, those of the package first.

    Args:
        files: model files outside the package.

    Raises:
        DataError: a file that is missing or defines no model, or a name that stands twice.
    """
    entries: dict[str, Entry] = {}
    for path in [*sorted(Path(__file__).parent.glob("*.py")), *map(Path, files)]:
        for name, entry in _entries(path).items():
            if name in entries:
                raise DataError(f"{path}: {name} is a model of {entries[name].path} already")
            entries[name] = entry
    return entries


@cache
def _entries(path: Path) -> dict[str, Entry]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        raise DataError(f"{path}: cannot be read as a model file ({error})") from None
    literals = {
        ast.unparse(node.targets[0]): node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
    }
    tables = {
        name: ast.literal_eval(literals[name]) for name in ("MODELS", "READS") if name in literals
    }
    if "MODELS" not in tables and path.parent != Path(__file__).parent:
        raise DataError(f"{path}: no literal MODELS = {{name: modality sets}} here; docs/extend.md")
    return {
        name: Entry(
            path=path,
            modalities=tuple(sets.split()),
            reads=tuple(tables.get("READS", {}).get(name, "").split()),
            sizes=_sizes(tree),
        )
        for name, sets in sorted(tables.get("MODELS", {}).items())
    }


def _sizes(tree: ast.Module) -> dict[str, float]:
    """Keyword-only arguments with a number as default, of the constructors in a file."""
    constructors = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in ("__init__", "build")
    ]
    return {
        argument.arg: default.value
        for node in constructors
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if isinstance(default, ast.Constant) and isinstance(default.value, int | float)
    }


def build_model(
    name: str,
    modalities: str,
    *,
    lengths: dict[str, int] = LENGTHS,
    widths: dict[str, int] = WIDTHS,
    classes: int = 7,
    files: Iterable[str | Path] = (),
    **sizes: Any,
) -> "nn.Module":
    """Build a model with its source's sizes; keyword arguments change them.

    Args:
        name: a key of `registry()`.
        modalities: letters in the paper's order, for example "tva".
        lengths: time steps of each padded input, by modality name.
        widths: features of each input, by modality name.
        classes: number of logits.
        files: model files outside the package.
        sizes: what the model's own `build` takes.

    Returns:
        A module that maps {modality: [batch, time, feature]}, and what its file's `READS` names, to
        logits [batch, classes].

    Raises:
        DataError: an unknown model, or modalities where it is not defined.
    """
    known = registry(files)
    if name not in known:
        raise DataError(f"{name!r} is not a model; known are {', '.join(known)}")
    entry = known[name]
    if modalities not in entry.modalities:
        raise DataError(
            f"{name} is not defined on {modalities!r}, only on {', '.join(entry.modalities)}"
        )
    module = importlib.import_module(entry.module) if entry.module else _import_file(entry.path)
    return module.build(name, modalities, lengths=lengths, widths=widths, classes=classes, **sizes)


def _import_file(path: Path) -> ModuleType:
    name = f"emofusion_model_file_{path.stem}"  # which hides no other module
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look it up there
    spec.loader.exec_module(module)
    return module
