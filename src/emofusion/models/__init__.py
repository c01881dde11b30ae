"""The models, found by name: each file of this folder says in `MODELS` what it defines.

A model file holds a literal `MODELS = {name: "the modality sets where it is defined"}`, or the
number n where it is defined on every set of n or more modalities, and a function `build(name,
modalities, *, lengths, widths, classes, **sizes)`; sizes are keyword arguments of its classes with
a number as default. The keys of `lengths` are the names of the modalities, in order. A literal
`READS = {name: "lengths tokens prosody"}` names what else a model reads; tokens come in place of
padded text, and its `build` then also takes the word vectors, as `embedding`.
`emofusion.registry` says how the literals are read.
"""

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emofusion.errors import DataError
from emofusion.modalities import MODALITIES, is_set, names_of, sets_of
from emofusion.registry import (
    Definition,
    find,
    kinds_in,
    literal,
    load,
    module_of,
    numeric_defaults,
)

if TYPE_CHECKING:
    from torch import nn

LENGTHS = {"text": 128, "vision": 32, "audio": 1000}
WIDTHS = {"text": 300, "vision": 2048, "audio": 120}
READABLE_INPUTS = ("lengths", "tokens", "prosody")


@dataclass(frozen=True)
class Entry:
    """Facts about a model without importing it.

    Attributes:
        path: its file.
        on: the modality sets where it is defined; or the number of modalities that it needs at
            least, where it is defined on every set.
        reads: what it reads besides padded features: lengths, tokens (in place of text), prosody.
        sizes: {keyword argument: default} of its sizes.
    """

    path: Path
    on: tuple[str, ...] | int
    reads: tuple[str, ...]
    sizes: dict[str, float]

    @property
    def module(self) -> str | None:
        """Full name of its module, None for a file outside the package."""
        return module_of(self.path)

    def is_on(self, modalities: str) -> bool:
        """Whether it is defined on a set."""
        if isinstance(self.on, int):
            return len(modalities) >= self.on
        return modalities in self.on

    def sets(self, letters: Iterable[str] = MODALITIES) -> tuple[str, ...]:
        """The sets of some modalities where it is defined."""
        if isinstance(self.on, int):
            return sets_of(letters, self.on)
        return tuple(one for one in self.on if set(one) <= set(letters))


def registry(files: Iterable[str | Path] = ()) -> dict[str, Entry]:
    """{name: entry} of all models, those of the package first.

    Args:
        files: files outside the package.

    Raises:
        DataError: a file that cannot be read or defines nothing, or a name that is there twice.
    """
    return _registry(tuple(map(Path, files)))


@cache
def _registry(outside: tuple[Path, ...]) -> dict[str, Entry]:
    """The same; a process looks only once."""
    for path in outside:
        if not kinds_in(path):
            raise DataError(f"{path}: no literal MODELS = {{name: modality sets}}; docs/extend.md")
    return {name: _entry(found) for name, found in find("MODELS", outside).items()}


def find_entry(name: str, files: Iterable[str | Path] = ()) -> Entry:
    """Facts about one model.

    Args:
        name: a key of `registry(files)`.
        files: files outside the package.

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


def _entry(found: Definition) -> Entry:
    path, name, on = found.path, found.name, found.facts
    readers = literal(path, "READS")
    if strangers := readers.keys() - literal(path, "MODELS").keys():
        raise DataError(f"{path}: READS has {min(strangers)!r}, which is not in MODELS")
    reads = readers.get(name, "")
    if not isinstance(reads, str):
        raise DataError(
            f"{path}: READS has {reads!r} for {name!r}, expected words of "
            f"{' '.join(READABLE_INPUTS)!r} in one text"
        )
    if not isinstance(on, str | int):
        raise DataError(
            f"{path}: MODELS is {{{name!r}: {on!r}}}, expected a literal with the sets of "
            'modalities, such as "t ta", or the number of modalities that it needs'
        )
    sets = on.split() if isinstance(on, str) else []
    for table, words, valid, known in (
        ("MODELS", sets, is_set, "t v a tv ta va tva, or further letters behind these"),
        ("READS", reads.split(), READABLE_INPUTS.__contains__, " ".join(READABLE_INPUTS)),
    ):
        if unknown := [word for word in words if not valid(word)]:
            raise DataError(
                f"{path}: {table} has {' '.join(unknown)} for {name!r}, expected any of {known}"
            )
    return Entry(
        path=path,
        on=tuple(sets) if isinstance(on, str) else on,
        reads=tuple(reads.split()),
        sizes=numeric_defaults(path, ("__init__", "build")),
    )


def build_model(
    name: str,
    modalities: str,
    *,
    lengths: dict[str, int] = LENGTHS,
    widths: dict[str, int] = WIDTHS,
    classes: int = 7,
    files: Iterable[str | Path] = (),
    further: Mapping[str, str] | None = None,
    **sizes: Any,
) -> "nn.Module":
    """Build a model with the sizes of its publication; keyword arguments change them.

    Args:
        name: a key of `registry()`.
        modalities: letters in order, for example "tva".
        lengths: time steps of each padded input, by modality name.
        widths: features of each input, by modality name.
        classes: number of logits.
        files: model files outside the package.
        further: {letter: name} of modalities other than text, vision and audio.
        sizes: what the model's own `build` takes.

    Returns:
        A module that maps {modality: [batch, time, feature]}, and what its file's `READS` names, to
        logits [batch, classes].

    Raises:
        DataError: an unknown model, modalities where it is not defined, or a model of a file
            outside the package that cannot be built or does not give such logits.
    """
    entry = find_entry(name, files)
    letters = [*MODALITIES, *(further or {})]
    if not entry.is_on(modalities) or not is_set(modalities) or not {*modalities} <= {*letters}:
        defined = entry.sets(letters)
        raise DataError(f"{name} is not defined on {modalities!r}, only on {', '.join(defined)}")
    names = names_of(modalities, further)
    inputs: dict[str, Any] = {
        "lengths": {one: lengths[one] for one in names},
        "widths": {one: widths[one] for one in [*names, "prosody"] if one in widths},
        "classes": classes,
    }
    if entry.module:
        return load(entry.path).build(name, modalities, **inputs, **sizes)
    try:
        network = load(entry.path).build(name, modalities, **inputs, **sizes)
        _try(network, entry.reads, **inputs, with_vectors="embedding" in sizes)
    except (Exception, SystemExit) as error:  # of code that is not ours
        lines = traceback.extract_tb(error.__traceback__)
        place = [f", line {at.lineno}" for at in lines if Path(at.filename) == entry.path.resolve()]
        kind = "" if isinstance(error, DataError) else f"{type(error).__name__}: "
        raise DataError(
            f"{entry.path}{place[-1] if place else ''}: {name} on {modalities} cannot be built or "
            f"used: {kind}{error}"
        ) from None
    return network


def _try(
    network: "nn.Module",
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
    inputs = {}
    for name in lengths:
        if name == "text" and "tokens" in reads:
            inputs["text_tokens"] = torch.zeros(2, lengths[name], dtype=torch.int64)
        else:
            inputs[name] = torch.zeros(2, lengths[name], widths[name])
        if "lengths" in reads:
            inputs[f"{name}_lengths"] = torch.full((2,), lengths[name])
    if "prosody" in reads and "prosody" in widths:
        inputs["prosody"] = torch.zeros(2, widths["prosody"])
    elif "prosody" in reads and "audio" in lengths:
        return  # no width of prosody is given, as in `emofusion models`: nothing to try
    if "text_tokens" in inputs and not with_vectors:
        return  # no word vectors are given
    training = network.training
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        logits = network.eval()(inputs)
    network.train(training)
    found = list(logits.shape) if torch.is_tensor(logits) else type(logits).__name__
    if found != [2, classes]:
        raise DataError(f"its logits are {found} for a batch of 2, expected [2, {classes}]")
