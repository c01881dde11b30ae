"""Audio features: MFCC and their derivatives (section 3 of the paper)."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pandas as pd
import soundfile

from emofusion.corpora.release import release_root
from emofusion.environment import provide_numba_cache
from emofusion.errors import DataError
from emofusion.features.store.write import package_versions, write_ragged


def extract_audio(
    selected: pd.DataFrame, root: Path, path: Path, *, settings: Mapping[str, Any]
) -> None:
    """Write the MFCC of every selected utterance to a feature file.

    Args:
        selected: the selected utterances, as the probe leaves them.
        root: the corpus that their paths are relative to.
        path: of the feature file.
        settings: `sample_rate` [Hz], `n_mfcc`, `frame_seconds`, `step_seconds`. Recordings at
            another rate are resampled, channels averaged.

    Raises:
        DataError: a wav file that cannot be read, or is not what the probe found.
    """
    release = release_root(root)
    rate, step = settings["sample_rate"], settings["step_seconds"]
    lengths = [
        frames_of(_resampled(samples, found, rate), sample_rate=rate, step_seconds=step)
        for samples, found in zip(selected["audio_samples"], selected["audio_rate"], strict=True)
    ]
    attributes = {
        "extractor": "MFCC, first and second derivatives",
        **settings,
        "window": "hamming",
        "n_mels": settings["n_mfcc"],
        "frames_per_second": 1 / step,
        "packages": package_versions("librosa", "numpy", "scipy", "soundfile", "soxr"),
    }
    sequences = (mfcc(load_wav(release / wav, rate), **settings) for wav in selected["audio_path"])
    dim = 3 * settings["n_mfcc"]
    write_ragged(path, list(selected["utterance_id"]), lengths, sequences, dim, attributes)


def mfcc(
    signal: np.ndarray,
    *,
    sample_rate: int,
    n_mfcc: int,
    frame_seconds: float,
    step_seconds: float,
) -> np.ndarray:
    """MFCC of a signal with their first and second derivatives.

    Frames are centred on multiples of the step; beyond its ends the signal is zero. There are as
    many mel bands as coefficients: with more, the lowest would be narrower than the bins of a 25 ms
    frame. The derivatives are slopes and curvatures, by step, of a parabola fitted to 9 frames.

    Args:
        signal: [sample], at least one.
        sample_rate: Hz.
        n_mfcc: coefficients.
        frame_seconds: length of the Hamming window.
        step_seconds: from frame to frame.

    Returns:
        [frame, 3 * n_mfcc] float32: coefficients, then slopes, then curvatures.
    """
    provide_numba_cache()
    length, step = round(frame_seconds * sample_rate), round(step_seconds * sample_rate)
    # Padded here, since librosa warns when it pads signals shorter than a frame.
    padded = np.pad(signal, (length // 2, length - length // 2))
    coefficients = librosa.feature.mfcc(
        y=padded,
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


def frames_of(samples: int, *, sample_rate: int, step_seconds: float) -> int:
    """Number of frames that `mfcc` gives for so many samples."""
    return 1 + samples // round(step_seconds * sample_rate)


def load_wav(path: Path, sample_rate: int) -> np.ndarray:
    """Signal of a wav file at a sample rate [Hz], channels averaged, [sample] float32.

    Raises:
        DataError: a file that cannot be read, or whose samples are not finite.
    """
    try:
        channels, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise DataError(
            f"{path}: not a readable wav file ({error}); unpack it again, or remove it"
        ) from None
    signal = channels.mean(axis=1)
    if not np.isfinite(signal).all():
        raise DataError(f"{path}: holds samples that are not finite numbers; unpack it again")
    if rate == sample_rate or not len(signal):
        return signal
    provide_numba_cache()
    resampled = librosa.resample(signal, orig_sr=rate, target_sr=sample_rate)
    return librosa.util.fix_length(resampled, size=_resampled(len(signal), rate, sample_rate))


def _resampled(samples: int, rate: int, target: int) -> int:
    """Number of samples after resampling."""
    return math.ceil(samples * target / rate)
