"""A trained run, from the weights that it left."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from emofusion.errors import DataError
from emofusion.features.store.read import Sequences
from emofusion.models import registry
from emofusion.training.data import Inputs
from emofusion.training.run import build_network


def load_weights(path: Path) -> dict[str, Any]:
    """What a run left in `weights.pt`.

    Raises:
        DataError: the run's weights were not kept.
    """
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; set `keep_weights: all` in config.yaml and start again"
        )
    return torch.load(path, map_location="cpu", weights_only=True)


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
    """
    record = content["record"]
    scalers = {
        name: tuple(values.numpy() for values in scaler)
        for name, scaler in content["scalers"].items()
    }
    dtype = getattr(torch, record["dtype"])
    reads = registry(model_files)[record["model"]].reads
    inputs = Inputs(stores, record["lengths"], scalers, dtype, reads, prosody)
    network = build_network(inputs, record, model_files).to(dtype)
    network.load_state_dict(content["weights"])
    return network.eval(), inputs
