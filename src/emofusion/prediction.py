"""What a trained run says of a recording that the corpus does not have."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from emofusion.errors import DataError
from emofusion.features.store.read import Sequences
from emofusion.modalities import MODALITIES
from emofusion.models import find_entry
from emofusion.training.trained import load_weights, restore

log = logging.getLogger(__name__)


ONLY = "utterance"
"""The id of the one utterance to predict."""


def predict(
    weights: Path,
    *,
    wav: Path | None = None,
    video: Path | None = None,
    side: str = "left",
    span: tuple[float, float] | None = None,
    transcript: str | None = None,
    glove: Path | None = None,
    backbone_weights: str | None = None,
    model_files: list[str] | None = None,
) -> dict[str, float]:
    """Class probabilities of one utterance by the best weights of a run.

    Args:
        weights: `weights.pt` of a run that kept them (`keep_weights`).
        wav: its sound, if the run uses audio; the utterance alone.
        video: of the whole dialog, if the run uses vision; two people side by side.
        side: left or right, where the speaker is.
        span: start and end of the utterance in the video [s]; None: all of it.
        transcript: its words, if the run uses text.
        glove: word vectors for words that the run has not met.
        backbone_weights: file of the vision backbone, where the run's was a file.
        model_files: model files outside the package.

    Raises:
        DataError: a missing input or file, or features that cannot be made here.
    """
    content = load_weights(weights)
    record = content["record"]
    given = {"text": transcript, "vision": video, "audio": wav}
    names = [MODALITIES[letter] for letter in record["modalities"]]
    missing = [name for name in names if given[name] is None]
    if missing:
        option = {"text": "--transcript", "vision": "--video", "audio": "--wav"}
        raise DataError(
            f"{weights}: this run reads {', '.join(names)}; give "
            f"{' and '.join(option[name] for name in missing)} too"
        )
    files = model_files or []
    reads = find_entry(record["model"], files).reads
    if glove is not None and "tokens" in reads:
        log.warning("%s trains its word vectors: --glove is left out", record["model"])
        glove = None
    stores: dict[str, Sequences] = {}
    for name in names:
        how = content["extractors"][name]
        if name == "text":
            stores[name] = _text(transcript, how, content, glove)
        elif name == "audio":
            stores[name] = _audio(wav, how)
        else:
            stores[name] = _vision(video, side, span, how, backbone_weights)
    prosody = _prosody(wav) if "prosody" in content["extractors"] else None
    network, inputs = restore(content, stores, prosody, files)
    with torch.no_grad():
        probabilities = network(inputs.batch([ONLY])).softmax(dim=1)[0]
    return dict(zip(record["labels"], probabilities.tolist(), strict=True))


def _features(values: np.ndarray, embedding: np.ndarray | None = None) -> Sequences:
    """Features of the utterance [frame, dim], or rows [word] of an embedding, as if from a file."""
    values = np.asarray(values, np.float32 if embedding is None else np.int32)
    return Sequences(Path(ONLY), [values], {ONLY: (0, 0, len(values))}, embedding)


def _text(
    transcript: str, how: Mapping[str, Any], content: Mapping[str, Any], glove: Path | None
) -> Sequences:
    from emofusion.features.text import read_glove, tokenize

    if "events" not in how:
        raise _own("text")
    rows = {word: row for row, word in enumerate(content["words"])}
    words = tokenize(transcript, how["events"])
    unknown = {word for word in words if word not in rows}
    found = read_glove(glove, unknown, how["width"]) if glove and unknown else {}
    if unknown - found.keys():
        log.warning("without a vector: %s", " ".join(sorted(unknown - found.keys())))
    embedding = content["embedding"].numpy()
    if found:
        log.warning("not met in training: %s", " ".join(sorted(found)))
        rows |= {word: len(embedding) + n for n, word in enumerate(found)}
        embedding = np.concatenate([embedding, np.stack(list(found.values()))])
    return _features(np.array([rows.get(word, 0) for word in words]), embedding)


def _audio(wav: Path, how: Mapping[str, Any]) -> Sequences:
    from emofusion.features.audio import load_wav, mfcc

    names = ("sample_rate", "n_mfcc", "frame_seconds", "step_seconds")
    if not all(name in how for name in names):
        raise _own("audio")
    signal = load_wav(wav, how["sample_rate"])
    return _features(mfcc(signal, **{name: how[name] for name in names}))


def _prosody(wav: Path) -> Sequences:
    from emofusion.features.audio import load_wav
    from emofusion.features.prosody import SAMPLE_RATE, functionals, open_smile

    values = functionals(open_smile(), load_wav(wav, SAMPLE_RATE))
    return _features(np.where(np.isfinite(values), values, 0)[None])


def _vision(
    video: Path,
    side: str,
    span: tuple[float, float] | None,
    how: Mapping[str, Any],
    backbone_weights: str | None,
) -> Sequences:
    from emofusion.features.vision import embed_turn, load_backbone

    if "backbone" not in how:
        raise _own("vision")
    kind, name, *_ = how["weights"].split()
    if kind == "file" and backbone_weights is None:
        raise DataError(
            f"the run's vision features are from a file with weights ({name}); give "
            "--backbone-weights"
        )
    chosen = {"random": "random", "torchvision": name, "file": backbone_weights}[kind]
    backbone = load_backbone(how["backbone"], chosen, seed=how["seed"], crop=how["crop"])
    if backbone.source != how["weights"]:
        raise DataError(
            f"{chosen}: other weights ({backbone.source}) than the run's ({how['weights']})"
        )
    rate, crop = how["frames_per_second"], how["crop"]
    return _features(embed_turn(video, side, span, backbone, crop=crop, frames_per_second=rate))


def _own(name: str) -> DataError:
    return DataError(
        f"the run's {name} features were not made by this workflow; predict with your own "
        "extractor and emofusion.models"
    )
