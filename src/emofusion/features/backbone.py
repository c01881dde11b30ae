"""torchvision ResNets without their classifier, as feature extractors."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torchvision
from torch import nn

from emofusion.errors import DataError
from emofusion.tensors import load_tensors, misfits

RANDOM_RESIDUAL = 0.25  # scale of the residual branches of a network with random weights


class Backbone(NamedTuple):
    """A network [batch, 3, height, width] -> [batch, dim], and where its weights are from."""

    network: nn.Module
    dim: int
    source: str


def load_backbone(name: str, weights: str | Path, *, seed: int, crop: int) -> Backbone:
    """A torchvision ResNet without its classifier, in evaluation mode.

    Args:
        name: the network, such as resnet101.
        weights: name of torchvision's, a local file with a state dict, or "random".
        seed: seed of random weights.
        crop: side of the pictures that random weights are scaled for [pixels].

    Raises:
        DataError: an unknown network, or weights that cannot be had or do not fit.
    """
    if str(weights) == "random":
        return _random_backbone(name, seed, crop)
    network, dim = _headless(name)
    if Path(weights).is_file():
        state, source = _read_state(Path(weights))
    else:
        state, source = _torchvision_state(name, str(weights))
    state = {key: value for key, value in state.items() if not key.startswith("fc.")}
    if found := misfits(network, state):
        raise DataError(f"features.vision.weights: {weights} does not fit {name}: {found}")
    network.load_state_dict(state)
    return Backbone(network.eval(), dim, source)


def _headless(name: str) -> tuple[nn.Module, int]:
    try:
        network = torchvision.models.get_model(name, weights=None)
        dim = network.fc.in_features
    except (ValueError, AttributeError):
        raise DataError(
            f"features.vision.backbone: {name} is not a ResNet of torchvision; expected, for "
            "example, resnet101"
        ) from None
    network.fc = nn.Identity()
    return network, dim


def _random_backbone(name: str, seed: int, crop: int) -> Backbone:
    """Random weights that keep activations of order 1 at any depth, and features of unit spread.

    With the default initialisation, activations grow with depth. Therefore the batch statistics are
    computed on noise with the 1/f amplitude spectrum of natural pictures (not on corpus data), and
    the residual branches are scaled down as in trained networks; otherwise activations of pictures
    unlike the noise would grow with each block. Untrained features differ little between pictures,
    so a final normalisation scales them to unit variance.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network, dim = _headless(name)
    network.fc = nn.BatchNorm1d(dim, affine=False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = None  # the mean over all batches: here of one
    for stage in ("layer1", "layer2", "layer3", "layer4"):
        for block in network.get_submodule(stage).children():
            last = "bn3.weight" if hasattr(block, "bn3") else "bn2.weight"
            nn.init.constant_(block.get_parameter(last), RANDOM_RESIDUAL)
    network.train()
    with torch.inference_mode():
        network(torch.from_numpy(_natural_noise(np.random.default_rng(seed), crop)))
    return Backbone(network.eval(), dim, f"random seed {seed}")


def _natural_noise(generator: np.random.Generator, side: int) -> np.ndarray:
    """Pictures of 1/f noise, scaled as the network's inputs, [16, 3, side, side] float32."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    frequency[0, 0] = np.inf  # no offset
    white = np.fft.rfft2(generator.normal(size=(16, 4, side, side)))
    noise = np.fft.irfft2(white / frequency, s=(side, side))
    noise /= noise.std(axis=(-2, -1), keepdims=True)
    # Colours of natural pictures go together: most of the variance is brightness.
    brightness, colour = noise[:, :1], noise[:, 1:]
    return (np.sqrt(0.9) * brightness + np.sqrt(0.1) * colour).astype(np.float32)


def _read_state(path: Path) -> tuple[Mapping[str, torch.Tensor], str]:
    step = (
        "expected for `features.vision.weights` a state dict, as "
        "torch.save(network.state_dict(), file) writes it"
    )
    state = load_tensors(path, step)
    if not isinstance(state, Mapping) or not all(torch.is_tensor(v) for v in state.values()):
        keys = list(state) if isinstance(state, Mapping) else [type(state).__name__]
        held = ", ".join(map(str, keys[:3])) + (", ..." if len(keys) > 3 else "")
        raise DataError(f"{path}: is not a state dict, it holds {held}; {step}")
    with path.open("rb") as file:
        return state, f"file sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _torchvision_state(name: str, weights: str) -> tuple[Mapping[str, torch.Tensor], str]:
    known = torchvision.models.get_model_weights(name)
    if weights not in known.__members__:
        raise DataError(
            f"features.vision.weights: {weights} is neither a file nor a name for {name}; "
            f"names are {', '.join(known.__members__)} and random"
        )
    entry = known[weights]
    try:
        state = entry.get_state_dict(progress=False, check_hash=True)
        # The file's name has the checksum that was checked.
        return state, f"torchvision {entry.name} {Path(entry.url).name}"
    except (OSError, RuntimeError) as error:
        cache = Path(torch.hub.get_dir(), "checkpoints")
        fetch = f"from torchvision.models import get_weight as w; w('{entry}').get_state_dict()"
        raise DataError(
            f"features.vision.weights: {weights} of {name} is not in {cache} and cannot be "
            f'downloaded ({error}). Run once, where there is a network: python -c "{fetch}", '
            "and copy the file to that folder (for another folder, set TORCH_HOME); or set "
            "`features.vision.weights` to a local file with a state dict"
        ) from None
