"""Vision features: a ResNet's view of the speaker (section 3 of the paper)."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from torch import nn

from emofusion.errors import DataError
from emofusion.features.backbone import Backbone, load_backbone
from emofusion.features.store.write import package_versions, write_ragged
from emofusion.features.timeline import no_frames, read_timeline
from emofusion.features.video import CropPlan, sample_times, speaker_crops

EXTRACTORS = {
    "resnet": {
        "modality": "vision",
        "does": "ResNet features of the speaker's half frame",
        "gpu": True,
        "threads": 8,
        "memory": 4,
        "hours": 12,
    }
}

# Of ImageNet, in RGB: what the pretrained networks expect.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

BATCH = 32
AHEAD = 2  # batches decoded while the network is busy
ROUNDED = 0.01  # s; users know a video's end only rounded

Item = TypeVar("Item")


def extract_resnet(
    selected: pd.DataFrame,
    root: Path,
    path: Path,
    *,
    settings: Mapping[str, Any],
    device: str | torch.device = "cpu",
    files: Mapping[str, str | Path] | None = None,
) -> None:
    """Write the backbone's features of every selected utterance to a feature file.

    Args:
        selected: the selected utterances, as the probe leaves them.
        root: the corpus that their paths are relative to.
        path: the feature file to write.
        settings: `backbone`, `frames_per_second`, `crop` [pixels], `seed`, `weights` (a name of
            torchvision's or "random").
        device: to compute on.
        files: `weights`, a local file with a state dict, in place of those of the settings.

    Raises:
        DataError: weights that cannot be had or do not fit, a video that cannot be read, ends early
            or has a half (the frame, for the side `whole`) that is smaller than the crop.
    """
    crop, rate = settings["crop"], settings["frames_per_second"]
    weights = (files or {}).get("weights") or settings["weights"]
    backbone = load_backbone(settings["backbone"], weights, seed=settings["seed"], crop=crop)
    times = [
        sample_times(row.start, row.end, row.video_seconds, rate) for row in selected.itertuples()
    ]
    ids = list(selected["utterance_id"])
    turns = map(CropPlan, ids, selected["video_side"], times)
    videos = groupby(zip(selected["video_path"], turns, strict=True), key=lambda pair: pair[0])
    crops = (
        utterance
        for video, pairs in videos
        for utterance in speaker_crops(root / video, [turn for _, turn in pairs], crop)
    )
    attributes = {
        "extractor": "ResNet before its classifier, on the centre of the speaker's half frame",
        **settings,
        "weights": backbone.source,
        "machine": f"{_name(torch.device(device))}, {torch.get_num_threads()} CPU threads",
        "packages": package_versions("av", "numpy", "torch", "torchvision"),
    }
    features = _in_order(ids, _embed(backbone.network, crops, torch.device(device)))
    write_ragged(path, ids, [len(t) for t in times], features, backbone.dim, attributes)


def embed_utterance(
    video: Path,
    side: str,
    span: tuple[float, float] | None,
    backbone: Backbone,
    *,
    crop: int,
    frames_per_second: float,
) -> np.ndarray:
    """Features [time, dim] of one utterance of a video, on the CPU.

    Args:
        video: one person, or two side by side.
        side: left or right, where the speaker of two is; whole: one person.
        span: start and end of the utterance [s]; None: the whole video.
        backbone: as `load_backbone` gives it.
        crop: side of the pictures [pixels].
        frames_per_second: how often to look.

    Raises:
        DataError: a video that cannot be read or is damaged, or a span that is not within it.
    """
    timeline = read_timeline(video)
    seconds = timeline.end
    start, end = span or (0.0, seconds)
    if not 0 <= start < end <= seconds + ROUNDED:
        raise DataError(
            f"{video}: no span from {start:g} to {end:g} s in it, it has {seconds:.2f} s; expected "
            "0 <= start < end, within the video"
        )
    hole = timeline.hole(start, min(end, seconds))
    if hole:
        raise no_frames(video, hole)
    times = sample_times(start, end, seconds, frames_per_second)
    crops = speaker_crops(video, [CropPlan("utterance", side, times)], crop, timeline)
    ((_, features),) = _embed(backbone.network, crops, torch.device("cpu"))
    return features


def read_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, which a thread prepares while the caller is busy with those before.

    Raises:
        Exception: what the iterable raises, at the item where it does.
    """
    waiting: Iterator[Any] = iter(items)
    end: Any = object()
    with ThreadPoolExecutor(max_workers=1) as thread:
        prepared = deque(thread.submit(next, waiting, end) for _ in range(AHEAD))
        while (item := prepared.popleft().result()) is not end:
            prepared.append(thread.submit(next, waiting, end))
            yield item


def _embed(
    network: nn.Module, crops: Iterable[tuple[str, np.ndarray]], device: torch.device
) -> Iterator[tuple[str, np.ndarray]]:
    """Features [time, dim] of each utterance; batches reach across utterances."""
    network = network.to(device).to(memory_format=torch.channels_last)  # a third faster on CPU
    pictures = ((utterance, picture) for utterance, stack in crops for picture in stack)

    def batches() -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
        while batch := list(islice(pictures, BATCH)):
            utterances, frames = zip(*batch, strict=True)
            yield utterances, np.stack(frames)

    vectors = (
        pair
        for utterances, frames in read_ahead(batches())
        for pair in zip(utterances, _forward(network, frames, device), strict=True)
    )
    for utterance, rows in groupby(vectors, key=lambda pair: pair[0]):
        yield utterance, np.stack([vector for _, vector in rows])


@torch.inference_mode()
def _forward(network: nn.Module, frames: np.ndarray, device: torch.device) -> np.ndarray:
    """[batch, height, width, 3] uint8 -> [batch, dim] float32."""
    mean, deviation = (torch.tensor(values, device=device) for values in (MEAN, DEVIATION))
    pixels = (torch.from_numpy(frames).to(device) / 255 - mean) / deviation
    # Full precision, and no algorithm that may add up in another order the next time.
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        return network(pixels.permute(0, 3, 1, 2)).cpu().numpy()


def _name(device: torch.device) -> str:
    """What a device is; a graphics card by its name, since its number does not say which it is."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)


def _in_order(
    ids: Iterable[str], computed: Iterable[tuple[str, np.ndarray]]
) -> Iterator[np.ndarray]:
    """Values in the order of `ids`; those that come early wait."""
    computed, early = iter(computed), {}
    for utterance in ids:
        while utterance not in early:
            name, value = next(computed)
            early[name] = value
        yield early.pop(utterance)
