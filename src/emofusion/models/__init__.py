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
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from emofusion.errors import DataError
from emofusion.modalities import MODALITIES, MODALITY_SETS

if TYPE_CHECKING:
    from torch import nn

LENGTHS = {"text": 128, "vision": 32, "audio": 1000}
WIDTHS = {"text": 300, "vision": 2048, "audio": 120}
READABLE = ("lengths", "tokens", "prosody")


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


def find_entry(name: str, files: Iterable[str | Path] = ()) -> Entry:
    """What is known of one model.

    Args:
        name: a key of `registry(files)`.
        files: model files outside the package.

    Raises:
        DataError: an unknown model.
    """
    known = registry(files)
    if name not in known:
        raise DataError(
            f"{name!r} is not a model; known are {', '.join(known)} (your own only if "
            "their files are named: `model_files`, --model-files)"
        )
    return known[name]


@cache
def _entries(path: Path) -> dict[str, Entry]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (SyntaxError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as a model file ({error})") from None
    tables = {name: _table(path, tree, name) for name in ("MODELS", "READS")}
    if not tables["MODELS"] and path.parent != Path(__file__).parent:
        raise DataError(f"{path}: no literal MODELS = {{name: modality sets}} here; docs/extend.md")
    if strangers := tables["READS"].keys() - tables["MODELS"].keys():
        raise DataError(f"{path}: READS has {min(strangers)!r}, which is not in MODELS")
    for table, known in (("MODELS", MODALITY_SETS), ("READS", READABLE)):
        for name, words in tables[table].items():
            if unknown := [word for word in words if word not in known]:
                raise DataError(
                    f"{path}: {table} has {' '.join(unknown)} for {name!r}, expected any of "
                    f"{' '.join(known)}"
                )
    return {
        name: Entry(
            path=path,
            modalities=sets,
            reads=tables["READS"].get(name, ()),
            sizes=_sizes(tree),
        )
        for name, sets in sorted(tables["MODELS"].items())
    }


def _table(path: Path, tree: ast.Module, name: str) -> dict[str, tuple[str, ...]]:
    """A literal {text: words} of a model file, as lists of words; empty if it has none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if targets[0] is None or ast.unparse(targets[0]) != name:
            continue
        try:
            table = ast.literal_eval(node.value)
            return {str(key): tuple(str.split(words)) for key, words in table.items()}
        except (ValueError, TypeError, AttributeError):
            raise DataError(
                f"{path}, line {node.lineno}: {name} is {ast.unparse(node.value)[:60]}, expected a "
                'literal {"model": "words"} (it is read, not executed)'
            ) from None
    return {}


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
    entry = find_entry(name, files)
    if modalities not in entry.modalities:
        raise DataError(
            f"{name} is not defined on {modalities!r}, only on {', '.join(entry.modalities)}"
        )
    inputs = {"lengths": lengths, "widths": widths, "classes": classes}
    if entry.module:
        return importlib.import_module(entry.module).build(name, modalities, **inputs, **sizes)
    try:
        network = _import_file(entry.path).build(name, modalities, **inputs, **sizes)
        _try(network, modalities, entry.reads, **inputs, with_vectors="embedding" in sizes)
    except (Exception, SystemExit) as error:  # of code that is not ours
        lines = traceback.extract_tb(error.__traceback__)
        place = [f", line {at.lineno}" for at in lines if Path(at.filename) == entry.path.resolve()]
        kind = "" if isinstance(error, DataError) else f"{type(error).__name__}: "
        raise DataError(
            f"{entry.path}{place[-1] if place else ''}: {name} on {modalities} cannot be built or "
            f"used: {kind}{error}"
        ) from None
    return network


def _import_file(path: Path) -> ModuleType:
    name = f"emofusion_model_file_{path.stem}"  # which hides no other module
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look it up there
    spec.loader.exec_module(module)
    return module


def _try(
    network: "nn.Module",
    modalities: str,
    reads: tuple[str, ...],
    *,
    lengths: dict[str, int],
    widths: dict[str, int],
    classes: int,
    with_vectors: bool,
) -> None:
    """Run a batch of zeros through a model, which leaves torch's random numbers as they were.

    Raises:
        DataError: it is not a module, or its logits are not [batch, classes].
    """
    import torch

    if not isinstance(network, torch.nn.Module):
        raise DataError(f"`build` gives {type(network).__name__}, expected a torch.nn.Module")
    names = [MODALITIES[letter] for letter in modalities]
    inputs = {}
    for name in names:
        if name == "text" and "tokens" in reads:
            inputs["text_tokens"] = torch.zeros(2, lengths[name], dtype=torch.int64)
        else:
            inputs[name] = torch.zeros(2, lengths[name], widths[name])
        if "lengths" in reads:
            inputs[f"{name}_lengths"] = torch.full((2,), lengths[name])
    if "prosody" in reads and "prosody" in widths:
        inputs["prosody"] = torch.zeros(2, widths["prosody"])
    elif "prosody" in reads and "audio" in names:
        return  # listed without inputs
    if "text_tokens" in inputs and not with_vectors:
        return
    training = network.training
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        logits = network.eval()(inputs)
    network.train(training)
    found = list(logits.shape) if torch.is_tensor(logits) else type(logits).__name__
    if found != [2, classes]:
        raise DataError(f"its logits are {found} for a batch of 2, expected [2, {classes}]")
