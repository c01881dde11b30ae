"""Prosodic features: functionals of an utterance, which the MDRE baseline joins to its MFCC."""

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emofusion.corpora.release import release_root
from emofusion.errors import DataError
from emofusion.features.audio import load_wav
from emofusion.features.store.write import package_versions, write_ragged

log = logging.getLogger(__name__)

SAMPLE_RATE = 16000  # Hz

# The baseline takes 35 functionals about F0, voicing, loudness and harmonics-to-noise ratio; a list
# is not known. These are 35 of eGeMAPSv02 about the same and about the quality of the voice.
FEATURES = (
    "F0semitoneFrom27.5Hz_sma3nz_amean",
    "F0semitoneFrom27.5Hz_sma3nz_stddevNorm",
    "F0semitoneFrom27.5Hz_sma3nz_percentile20.0",
    "F0semitoneFrom27.5Hz_sma3nz_percentile50.0",
    "F0semitoneFrom27.5Hz_sma3nz_percentile80.0",
    "F0semitoneFrom27.5Hz_sma3nz_pctlrange0-2",
    "F0semitoneFrom27.5Hz_sma3nz_meanRisingSlope",
    "F0semitoneFrom27.5Hz_sma3nz_stddevRisingSlope",
    "F0semitoneFrom27.5Hz_sma3nz_meanFallingSlope",
    "F0semitoneFrom27.5Hz_sma3nz_stddevFallingSlope",
    "loudness_sma3_amean",
    "loudness_sma3_stddevNorm",
    "loudness_sma3_percentile20.0",
    "loudness_sma3_percentile50.0",
    "loudness_sma3_percentile80.0",
    "loudness_sma3_pctlrange0-2",
    "loudness_sma3_meanRisingSlope",
    "loudness_sma3_stddevRisingSlope",
    "loudness_sma3_meanFallingSlope",
    "loudness_sma3_stddevFallingSlope",
    "jitterLocal_sma3nz_amean",
    "jitterLocal_sma3nz_stddevNorm",
    "shimmerLocaldB_sma3nz_amean",
    "shimmerLocaldB_sma3nz_stddevNorm",
    "HNRdBACF_sma3nz_amean",
    "HNRdBACF_sma3nz_stddevNorm",
    "logRelF0-H1-H2_sma3nz_amean",
    "logRelF0-H1-H2_sma3nz_stddevNorm",
    "loudnessPeaksPerSec",
    "VoicedSegmentsPerSec",
    "MeanVoicedSegmentLengthSec",
    "StddevVoicedSegmentLengthSec",
    "MeanUnvoicedSegmentLength",
    "StddevUnvoicedSegmentLength",
    "equivalentSoundLevel_dBp",
)


def extract_prosody(selected: pd.DataFrame, root: Path, path: Path) -> None:
    """Write the functionals of every selected utterance to a feature file, one frame each.

    What is not defined for an utterance, such as everything where it is shorter than a frame of
    60 ms, is zero; the log tells in how many.

    Args:
        selected: the selected utterances, as the probe leaves them.
        root: the corpus that their paths are relative to.
        path: of the feature file.

    Raises:
        DataError: openSMILE is not installed, or a wav file that cannot be read.
    """
    smile = open_smile()
    release = release_root(root)
    undefined = []

    def frames() -> Iterator[np.ndarray]:
        for utterance, wav in zip(selected["utterance_id"], selected["audio_path"], strict=True):
            values = functionals(smile, load_wav(release / wav, SAMPLE_RATE))
            if not np.isfinite(values).all():
                undefined.append(utterance)
            yield np.where(np.isfinite(values), values, 0)[None]

    attributes = {
        "extractor": "openSMILE, functionals of eGeMAPSv02",
        "sample_rate": SAMPLE_RATE,
        "names": " ".join(FEATURES),
        "packages": package_versions("numpy", "opensmile", "soundfile", "soxr"),
    }
    ids = list(selected["utterance_id"])
    write_ragged(path, ids, [1] * len(ids), frames(), len(FEATURES), attributes)
    log.info("undefined values, written as 0: in %d of %d utterances", len(undefined), len(ids))


def functionals(smile: Any, signal: np.ndarray) -> np.ndarray:
    """The `FEATURES` of a signal [sample] of `SAMPLE_RATE`, [35] float32; NaN where undefined."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Segment too short")
        # 1.0 would become the lowest of openSMILE's 16-bit numbers.
        table = smile.process_signal(np.clip(signal, -1, 1 - 2**-15), SAMPLE_RATE)
    return table[list(FEATURES)].to_numpy(np.float32)[0]


def open_smile() -> Any:
    """OpenSMILE, set to the functionals of eGeMAPSv02.

    Raises:
        DataError: it is not installed.
    """
    try:
        import opensmile
    except ImportError:
        raise DataError(
            "prosodic features need openSMILE, which is not installed; read its licence (research "
            "only), then run pip install 'emofusion[prosody]'"
        ) from None
    return opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
