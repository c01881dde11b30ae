"""Predict the class of a new utterance with a trained run."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from emofusion.errors import DataError
from emofusion.features.store.read import Sequences
from emofusion.modalities import names_of
from emofusion.models import find_entry
from emofusion.training.trained import load_weights, restore

log = logging.getLogger(__name__)

OPTIONS = {"text": "transcript", "vision": "video", "audio": "wav"}
"""{modality: the option that gives it}"""
UTTERANCE_ID = "utterance"
"""The id of the one utterance to predict."""
SHOWN = 5  # runs in a message


def predict(
    weights: Path,
    *,
    wav: Path | None = None,
    video: Path | None = None,
    side: str | None = None,
    span: tuple[float, float] | None = None,
    transcript: str | None = None,
    glove: Path | None = None,
    backbone_weights: str | None = None,
    model_files: list[str] | None = None,
) -> dict[str, float]:
    """Class probabilities of one utterance by the best weights of a run.

    Args:
        weights: `weights.pt` of a run that kept them (`keep_weights`).
        wav: a recording of only this utterance, if the run uses audio.
        video: a video of the utterance, if the run uses vision; it may show more than that.
        side: left or right: the half of the picture with the speaker, if it shows two people; whole
            if it shows one.
        span: start and end of the utterance in the video [s]; None: all of it.
        transcript: what was said, if the run uses text.
        glove: word vectors for words that the run has not met.
        backbone_weights: file of the vision backbone's weights, if the run used a file.
        model_files: model files outside the package.

    Raises:
        DataError: a missing input or file, features that cannot be made here, or what the workflow
            would leave out: no words, no audio frame, no video frame.
    """
    if not weights.exists():
        raise _not_kept(weights)
    content = load_weights(weights)
    record = content["record"]
    names = names_of(record["modalities"], record.get("further_modalities"))
    if further := [name for name in names if name not in OPTIONS]:
        raise _unsupported(further[0])
    given: dict[str, Any] = {"text": transcript, "vision": video, "audio": wav}
    _check_inputs(weights, names, given)
    if "vision" in names:
        _check_place(weights, side, span)
    for option, file in {"glove": glove, "backbone-weights": backbone_weights}.items():
        _check_file(option, file)
    files = model_files or []
    reads = find_entry(record["model"], files).reads
    if glove is not None and "tokens" in reads:
        log.warning("%s trains its word vectors: --glove is left out", record["model"])
        glove = None
    stores: dict[str, Sequences] = {}
    for name in names:
        how = content["extractors"][name]
        if name == "text":
            stores[name] = _text(given["text"], how, content, glove, trained="tokens" in reads)
        elif name == "audio":
            stores[name] = _audio(given["audio"], how)
        else:
            stores[name] = _vision(given["vision"], str(side), span, how, backbone_weights)
    how = content["extractors"].get("prosody")
    prosody = None if how is None else _prosody(given["audio"], how)
    network, inputs = restore(content, stores, prosody, files)
    with torch.no_grad():
        probabilities = network(inputs.batch([UTTERANCE_ID])).softmax(dim=1)[0]
    return dict(zip(record["labels"], probabilities.tolist(), strict=True))


def _check_inputs(weights: Path, names: Sequence[str], given: Mapping[str, Any]) -> None:
    """A run needs each input that it reads; others are warned of."""
    missing = [f"--{OPTIONS[name]}" for name in names if given[name] is None]
    if missing:
        raise DataError(
            f"{weights}: this run reads {', '.join(names)}; give {' and '.join(missing)} too"
        )
    for name, value in given.items():
        if value is not None and name not in names:
            log.warning("--%s is not used: this run does not read %s", OPTIONS[name], name)
        elif name != "text":
            _check_file(OPTIONS[name], value)


def _check_place(weights: Path, side: str | None, span: tuple[float, float] | None) -> None:
    """Where the speaker is in the video, and when."""
    if side not in ("left", "right", "whole"):
        raise DataError(
            f"{weights}: this run reads vision; give --side left or right, the half of the picture "
            "with the speaker, for a video of two people, or --side whole for one person"
        )
    if span is not None and not 0 <= span[0] < span[1]:
        raise DataError(
            f"--span {span[0]:g} {span[1]:g}: expected START before END, in seconds from the start "
            "of the video, which is 0"
        )


def _check_file(option: str, file: str | Path | None) -> None:
    if file is not None and not Path(file).is_file():
        found = "is a folder, expected a file" if Path(file).is_dir() else "no such file"
        raise DataError(f"--{option} {file}: {found}; check the path")


def _not_kept(weights: Path) -> DataError:
    """What to do where a run has no weights; names the runs that kept theirs."""
    step = "set `keep_weights: all` in the configuration and start again"
    results = next((path for path in weights.absolute().parents if path.name == "runs"), None)
    if results is None:
        return DataError(f"{weights}: no such file; expected the folder of a run, or {step}")
    kept = sorted(path.parent for path in results.glob("*/*/*/weights.pt"))
    if not kept:
        return DataError(
            f"{weights}: no such file, and no run in {results} kept its weights; {step}"
        )
    same = [run for run in kept if run.parent == weights.absolute().parent.parent]
    shown = [os.path.relpath(run) for run in (same or kept)[:SHOWN]]
    more = f" and {len(kept) - len(shown)} more" if len(kept) > len(shown) else ""
    return DataError(
        f"{weights}: no such file; runs that kept their weights are {', '.join(shown)}{more}: take "
        f"one of them, or {step}"
    )


def _features(values: np.ndarray, embedding: np.ndarray | None = None) -> Sequences:
    """Features of the utterance [frame, dim], or rows [word] of an embedding, as if from a file."""
    values = np.asarray(values, np.float32 if embedding is None else np.int32)
    return Sequences(Path(UTTERANCE_ID), [values], {UTTERANCE_ID: (0, 0, len(values))}, embedding)


def _text(
    transcript: str,
    how: Mapping[str, Any],
    content: Mapping[str, Any],
    glove: Path | None,
    trained: bool = False,
) -> Sequences:
    """Words of a transcript.

    Args:
        transcript: what was said.
        how: settings of the run's text features.
        content: content of `weights.pt`.
        glove: further word vectors.
        trained: whether the model trained its word vectors, so that no others can be added.
    """
    from emofusion.features.text import read_glove, tokenize

    if "events" not in how:
        raise _unsupported("text")
    rows = {word: row for row, word in enumerate(content["words"])}
    words = tokenize(transcript, how["events"])
    if not words:
        dropped = ", whose features leave out events in brackets" if transcript.strip() else ""
        raise DataError(
            f"--transcript: no words in {transcript!r} for this run{dropped}; give words. The "
            "workflow leaves such utterances out too (empty_transcript)"
        )
    unknown = {word for word in words if word not in rows}
    found = read_glove(glove, unknown, how["width"]) if glove and unknown else {}
    ignored = sorted(unknown - found.keys())
    remedy = "" if trained or glove else "; give --glove FILE"
    if len(ignored) == len(set(words)):
        raise DataError(
            f"--transcript: no word vector is known for any word in {transcript!r}{remedy}"
        )
    if ignored:
        log.warning("words without a word vector are ignored: %s%s", " ".join(ignored), remedy)
    embedding = content["embedding"].numpy()
    if found:
        log.warning("not met in training: %s", " ".join(sorted(found)))
        rows |= {word: len(embedding) + n for n, word in enumerate(found)}
        embedding = np.concatenate([embedding, np.stack(list(found.values()))])
    return _features(np.array([rows.get(word, 0) for word in words]), embedding)


def _audio(wav: Path, how: Mapping[str, Any]) -> Sequences:
    from emofusion.features.audio import load_sound, mfcc

    names = ("sample_rate", "n_mfcc", "frame_seconds", "step_seconds")
    if not all(name in how for name in names):
        raise _unsupported("audio")
    signal = load_sound(wav, how["sample_rate"])
    # Features from before the key existed have no `edges`: they are padded.
    edges = how.get("edges", "padded")
    values = mfcc(signal, **{name: how[name] for name in names}, edges=edges)
    if not len(values):
        seconds = len(signal) / how["sample_rate"]
        raise DataError(
            f"{wav}: {seconds:.4f} s of sound, less than a frame of {how['frame_seconds']:g} s; "
            "give a longer recording. The workflow leaves such utterances out too (no_audio)"
        )
    return _features(values)


def _prosody(wav: Path, how: Mapping[str, Any]) -> Sequences:
    from emofusion.features.audio import load_sound
    from emofusion.features.prosody import FEATURES, SAMPLE_RATE, functionals, open_smile

    if how.get("names") != " ".join(FEATURES):
        raise DataError(
            "the run's prosody features are not those that this version makes; predict with the "
            "version that trained it, or train it again"
        )
    with open_smile() as smile:
        values = functionals(smile, load_sound(wav, SAMPLE_RATE))
    return _features(np.where(np.isfinite(values), values, 0)[None])


def _vision(
    video: Path,
    side: str,
    span: tuple[float, float] | None,
    how: Mapping[str, Any],
    backbone_weights: str | None,
) -> Sequences:
    from emofusion.features.backbone import load_backbone
    from emofusion.features.vision import embed_utterance

    names = ("backbone", "weights", "seed", "crop", "frames_per_second")
    kind, name, *_ = [*str(how.get("weights")).split(), ""]
    if not all(key in how for key in names) or kind not in ("random", "torchvision", "file"):
        raise _unsupported("vision")
    if span is None:
        log.warning("--span is not given: the whole of %s is used", video)
    if kind == "file" and backbone_weights is None:
        raise DataError(
            f"the run's vision features are from a file with weights ({name}); give "
            "--backbone-weights"
        )
    chosen = str(backbone_weights) if kind == "file" else name if kind == "torchvision" else kind
    backbone = load_backbone(how["backbone"], chosen, seed=how["seed"], crop=how["crop"])
    if backbone.source != how["weights"]:
        raise DataError(
            f"{chosen}: other weights ({backbone.source}) than the run's ({how['weights']})"
        )
    rate, crop = how["frames_per_second"], how["crop"]
    return _features(
        embed_utterance(video, side, span, backbone, crop=crop, frames_per_second=rate)
    )


def _unsupported(name: str) -> DataError:
    return DataError(
        f"the run's {name} features were not made by an extractor that predict supports; extract "
        "them yourself and run the model from emofusion.models"
    )
