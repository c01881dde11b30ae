"""A trained run, from the weights that it left."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from emofusion.errors import DataError, kind_of
from emofusion.features.store.read import Sequences
from emofusion.modalities import MODALITIES, is_set, names_of
from emofusion.models import find_entry
from emofusion.tensors import checksums_hold, load_tensors, misfits
from emofusion.training.data import Inputs
from emofusion.training.run import build_network

EXPECTED = {
    "the file": ("weights", "record", "scalers", "extractors"),
    "its record": ("model", "modalities", "labels", "lengths", "dtype", "architecture"),
}
"""What prediction needs of a `weights.pt`."""

ADVICE = "expected the weights.pt of a run of this pipeline; copy it again, or train the run again"


def load_weights(path: Path) -> dict[str, Any]:
    """What a run left in `weights.pt`, on the CPU, with the file's path as `path`.

    Raises:
        DataError: the run's weights were not kept, or the file is not what a run leaves.
    """
    if not path.exists():
        raise DataError(
            f"{path}: no such file; set `keep_weights: all` in the configuration and start again"
        )
    content = load_tensors(path, ADVICE)
    if not isinstance(content, dict):
        raise DataError(f"{path}: holds one {type(content).__name__}; {ADVICE}")
    for part_name, keys in EXPECTED.items():
        part = content if part_name == "the file" else content["record"]
        found = list(part) if isinstance(part, dict) else []
        if missing := [key for key in keys if key not in found]:
            held = ", ".join(map(str, found[:3])) + (", ..." if len(found) > 3 else "")
            raise DataError(
                f"{path}: {part_name} lacks {', '.join(missing)} and holds {held or 'nothing'}; "
                f"{ADVICE}"
            )
    try:
        problem = next(_problems(content), None)
    except (TypeError, AttributeError, ValueError):  # what it holds is of another type
        problem = "parts of it are of another type"
    if problem:
        raise DataError(f"{path}: its parts do not fit each other: {problem}; {ADVICE}")
    if kind_of(path).startswith("a zip archive") and not checksums_hold(path):
        raise DataError(f"{path}: is damaged, a checksum in it is wrong; {ADVICE}")
    return content | {"path": path}


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the parts of a file that has them all; the weights are not looked at."""
    record, scalers, extractors = (content[key] for key in ("record", "scalers", "extractors"))
    further = record.get("further_modalities", {})
    letters = [*MODALITIES, *further]
    if not is_set(record["modalities"]) or not {*record["modalities"]} <= {*letters}:
        yield f"found the modalities {record['modalities']!r}, expected some of {letters}, in order"
    labels = record["labels"]
    if not isinstance(labels, list) or len({*labels}) < len(labels):
        yield f"found the labels {labels!r}, expected a list with each class once"
    if record["dtype"] not in ("float32", "float64"):
        yield f"found dtype {record['dtype']!r}, expected float32 or float64"
    names = names_of(record["modalities"], further)
    for kind, part in (("lengths", record["lengths"]), ("extractors", extractors)):
        if missing := [name for name in names if name not in part]:
            yield f"found no {kind} of {', '.join(missing)}"
    scaled = ["audio"] if record.get("standardize_audio") and "audio" in names else []
    for name in [*scaled, *record.get("standardize", [])]:
        if name not in scalers:
            yield f"found no mean and deviation of {name}, which its record says are used"
    for name, (mean, deviation) in scalers.items():
        if not (mean.isfinite().all() and deviation.isfinite().all() and deviation.all()):
            yield f"found a mean or deviation of {name} that is not finite, or a deviation of zero"
    if "text" in names and "events" in extractors["text"]:
        words, embedding = content.get("words"), content.get("embedding")
        if words is None or embedding is None:
            yield "found no words with their vectors"
        elif len(words) != len(embedding) or not embedding.isfinite().all():
            yield f"found {len(words)} words and {len(embedding)} vectors, or some not finite"


def restore(
    content: Mapping[str, Any],
    stores: Mapping[str, Sequences],
    prosody: Sequences | None = None,
    model_files: Sequence[str] = (),
) -> tuple[nn.Module, Inputs]:
    """The trained network of a run, ready to evaluate, and inputs prepared as in its training.

    Args:
        content: as `load_weights` gives it.
        stores: {modality: features} of the modalities that the run reads.
        prosody: features, if the run reads them.
        model_files: model files outside the package.

    Raises:
        DataError: an unknown model, or weights that do not fit it or are not finite.
    """
    record, weights = content["record"], content["weights"]
    scalers = {
        name: tuple(values.numpy() for values in scaler)
        for name, scaler in content["scalers"].items()
    }
    dtype = getattr(torch, record["dtype"])
    reads = find_entry(record["model"], model_files).reads
    inputs = Inputs(stores, record["lengths"], scalers, dtype, reads, prosody)
    try:
        network = build_network(inputs, record, model_files).to(dtype)
        found = misfits(network, weights)
    except (TypeError, KeyError, AttributeError) as error:
        found = str(error)  # sizes that the model no longer has, weights that are not tensors
    if found:
        raise DataError(
            f"{content['path']}: does not fit {record['model']} on {record['modalities']} as this "
            f"code builds it for these features: {found}; use the code and the features of the "
            "run, or train it again"
        )
    expected = network.state_dict()
    if any(
        values.dtype != expected[key].dtype or not values.isfinite().all()
        for key, values in weights.items()
    ):
        raise DataError(
            f"{content['path']}: has weights that are not finite or not {record['dtype']}, which "
            f"its record names; {ADVICE}"
        )
    network.load_state_dict(weights)
    return network.eval(), inputs
