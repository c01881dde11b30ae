"""Audio features: MFCC and their derivatives (section 3 of the paper)."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pandas as pd

from emofusion.environment import provide_numba_cache
from emofusion.features.framing import in_samples, number_of_frames, resampled_length
from emofusion.features.sound import read_sound
from emofusion.features.store.write import package_versions, write_ragged

EXTRACTORS = {"mfcc": {"modality": "audio", "does": "MFCC and their derivatives"}}


def extract_mfcc(
    selected: pd.DataFrame, root: Path, path: Path, *, settings: Mapping[str, Any], **_: Any
) -> None:
    """Write the MFCC of every selected utterance to a feature file.

    Args:
        selected: the selected utterances, as the probe leaves them.
        root: the corpus that their paths are relative to.
        path: the feature file to write.
        settings: `sample_rate` [Hz], `n_mfcc`, `frame_seconds`, `step_seconds`, `edges`.
            Recordings at another rate are resampled; several channels become one: `read_sound`.

    Raises:
        DataError: a recording that cannot be read, or is not what the probe found.
    """
    rate = settings["sample_rate"]
    framing = {key: value for key, value in settings.items() if key != "n_mfcc"}
    lengths = [
        number_of_frames(samples, found, **framing)
        for samples, found in zip(selected["audio_samples"], selected["audio_rate"], strict=True)
    ]
    attributes = {
        "extractor": "MFCC, first and second derivatives",
        **settings,
        "window": "hamming",
        "n_mels": settings["n_mfcc"],
        "frames_per_second": 1 / settings["step_seconds"],
        "packages": package_versions("librosa", "numpy", "scipy", "soundfile", "soxr"),
    }
    sequences = (mfcc(signal, **settings) for signal in sounds(selected, root, rate))
    dim = 3 * settings["n_mfcc"]
    write_ragged(path, list(selected["utterance_id"]), lengths, sequences, dim, attributes)


def mfcc(
    signal: np.ndarray,
    *,
    sample_rate: int,
    n_mfcc: int,
    frame_seconds: float,
    step_seconds: float,
    edges: str = "padded",
) -> np.ndarray:
    """MFCC of a signal with their first and second derivatives.

    There are as many mel bands as coefficients: with more, the lowest would be narrower than the
    bins of a 25 ms frame. The derivatives are slope and curvature, per step, of a parabola
    fitted to 9 frames; beyond the ends the coefficients of the first and the last frame are
    repeated.

    Args:
        signal: [sample].
        sample_rate: Hz.
        n_mfcc: coefficients.
        frame_seconds: length of the Hamming window.
        step_seconds: time from frame to frame.
        edges: "whole": the first frame begins with the signal, and only frames that fit into it
            are made. "padded": frames are centred on multiples of the step, and the signal is zero
            before its start and after its end.

    Returns:
        [frame, 3 * n_mfcc] float32: coefficients, then slopes, then curvatures. As many frames as
        `number_of_frames` says, which may be none.
    """
    provide_numba_cache()
    length, step = in_samples(frame_seconds, sample_rate), in_samples(step_seconds, sample_rate)
    if edges == "padded" and len(signal):
        # Padded here, since librosa warns when it pads signals shorter than a frame.
        signal = np.pad(signal, (length // 2, length - length // 2))
    if len(signal) < length:
        return np.empty((0, 3 * n_mfcc), np.float32)
    coefficients = librosa.feature.mfcc(
        y=signal,
        sr=sample_rate,
        n_mfcc=n_mfcc,
        n_mels=n_mfcc,
        n_fft=length,
        hop_length=step,
        window="hamming",
        center=False,
    )
    slopes, curvatures = (
        librosa.feature.delta(coefficients, order=order, mode="nearest") for order in (1, 2)
    )
    return np.concatenate([coefficients, slopes, curvatures]).T.astype(np.float32)


def load_sound(
    path: Path, sample_rate: int, start: float = math.nan, end: float = math.nan
) -> np.ndarray:
    """Sound of a recording, or a span [s] of it, at a sample rate [Hz], [sample] float32.

    Raises:
        DataError: a file that cannot be read or is not whole, or whose samples are not finite.
    """
    signal, rate = read_sound(path, start, end)
    if rate == sample_rate or not len(signal):
        return signal
    provide_numba_cache()
    length = resampled_length(len(signal), rate, sample_rate)
    signal = librosa.resample(signal, orig_sr=rate, target_sr=sample_rate)
    return librosa.util.fix_length(signal, size=length)


def sounds(selected: pd.DataFrame, root: Path, sample_rate: int) -> Iterator[np.ndarray]:
    """The sound of each selected utterance at a sample rate [Hz], [sample] float32."""
    whole = pd.Series(math.nan, selected.index)
    spans = (selected.get(name, whole) for name in ("audio_start", "audio_end"))
    for path, start, end in zip(selected["audio_path"], *spans, strict=True):
        yield load_sound(root / path, sample_rate, start, end)
