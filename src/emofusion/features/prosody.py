"""Prosodic features: functionals of an utterance, which the MDRE baseline joins to its MFCC."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.features.audio import sounds
from emofusion.features.store.write import package_versions, write_ragged

log = logging.getLogger(__name__)

EXTRACTORS = {"prosody": {"modality": "prosody", "does": "prosodic functionals"}}

SAMPLE_RATE = 16000  # Hz

CONTOURS = {
    "F0": "F0final",  # Hz
    "F0_semitones": "F0finalLog",  # above 27.5 Hz
    "voicing": "voicingFinalUnclipped",  # strength of the pitch, about 0 to 1
    "HNR": "HarmonicsToNoiseRatioACFLogdB",  # dB
    "loudness": "loudness",
}
"""What is measured in every frame, and openSMILE's name of it."""

FUNCTIONALS = {
    "mean": "amean",
    "deviation": "stddev",
    "slope": "linregc1",  # of a fitted line, per frame
    "centroid": "centroid",  # of the values over time, from 0, the start, to 1
    "percentile10": "percentile10.0",
    "percentile90": "percentile90.0",
    "range": "pctlrange0-1",  # between these two
}
"""What is taken of a contour, and openSMILE's name of it."""

FEATURES = tuple(f"{contour}_{functional}" for contour in CONTOURS for functional in FUNCTIONALS)
"""The 35 features, in the order of the feature file."""

_COLUMNS = [
    f"{contour}_sma_{name}" for contour in CONTOURS.values() for name in FUNCTIONALS.values()
]

_SUMMARY = {
    "frameMode": "full",
    "functionalsEnabled": "Moments;Regression;Percentiles",
    "Moments.amean": 1,
    "Regression.centroidNorm": "segment",
    "Percentiles.percentile[0]": 0.1,
    "Percentiles.percentile[1]": 0.9,
    "Percentiles.pctlrange[0]": "0-1",
}
_SUMMARY |= dict.fromkeys(("Moments.variance", "Moments.skewness", "Moments.kurtosis"), 0)
_SUMMARY |= {
    f"Regression.{name}": 0
    for name in (
        "linregc2",
        "linregerrA",
        "linregerrQ",
        "qregc1",
        "qregc2",
        "qregc3",
        "qregerrA",
        "qregerrQ",
        "centroidUseAbsValues",
        "centroidRatioLimit",
        "doRatioLimit",
    )
}

# Name, openSMILE's component, the parts that it reads, settings that are not openSMILE's defaults
# or that define the features. The Python package supplies "wave", `open_smile` names the output.
PARTS: list[tuple[str, str, str, dict[str, Any]]] = [
    # Pitch by subharmonic summation: four candidates a frame, smoothed by the Viterbi algorithm.
    ("long_frames", "cFramer", "wave", {"frameSize": 0.055, "frameStep": 0.01}),
    ("gauss", "cWindower", "long_frames", {"winFunc": "gauss", "sigma": 0.4}),
    ("gauss_fft", "cTransformFFT", "gauss", {}),
    ("spectrum", "cFFTmagphase", "gauss_fft", {}),
    (
        "octaves",
        "cSpecScale",
        "spectrum",
        {"scale": "octave", "minF": 25, "specSmooth": 1, "specEnhance": 1, "auditoryWeighting": 1},
    ),
    (
        "candidates",
        "cPitchShs",
        "octaves",
        {
            "minPitch": 52,
            "maxPitch": 620,
            "nCandidates": 4,
            "nHarmonics": 15,
            "compressionFactor": 0.85,
            "voicingCutoff": 0.7,
            "greedyPeakAlgo": 1,
        },
    ),
    (
        "pitch",
        "cPitchSmootherViterbi",
        "candidates",
        {
            "reader2.dmLevel": "candidates",
            "bufferLength": 90,
            "F0final": 1,
            "F0finalLog": 1,
            "voicingFinalUnclipped": 1,
            "wLocal": 2,
            "wTvv": 10,
            "wTvvd": 5,
            "wTvuv": 10,
            "wTuu": 0,
            "wThr": 4,
            "wRange": 1,
        },
    ),
    # Pitch and voicing of frames that are nearly silent are 0.
    ("energy", "cEnergy", "gauss", {"rms": 1, "log": 0}),
    (
        "voice",
        "cValbasedSelector",
        "energy;pitch",
        {"threshold": 0.0008, "removeIdx": 1, "zeroVec": 1},
    ),
    ("harmonicity", "cHarmonics", "spectrum;pitch", {"computeAcfHnrLogdB": 1}),
    # Loudness: the sum of an auditory spectrum.
    ("short_frames", "cFramer", "wave", {"frameSize": 0.02, "frameStep": 0.01}),
    ("hamming", "cWindower", "short_frames", {"winFunc": "hamming"}),
    ("hamming_fft", "cTransformFFT", "hamming", {}),
    ("short_spectrum", "cFFTmagphase", "hamming_fft", {}),
    (
        "mel",
        "cMelspec",
        "short_spectrum",
        {"nBands": 26, "lofreq": 20, "hifreq": 8000, "usePower": 1, "htkcompatible": 0},
    ),
    (
        "auditory",
        "cPlp",
        "mel",
        {
            "doAud": 1,
            "compression": 0.33,
            "htkcompatible": 0,
            **dict.fromkeys(("doLog", "doInvLog", "doIDFT", "doLP", "doLpToCeps"), 0),
        },
    ),
    (
        "loudness",
        "cVectorOperation",
        "auditory",
        {"operation": "ll1", "nameAppend": "loudness", "copyInputName": 0},
    ),
    # Smoothed contours and their functionals. For the voice, both ignore frames of value 0.
    ("voice_contours", "cContourSmoother", "voice;harmonicity", {"smaWin": 3, "noZeroSma": 1}),
    ("loudness_contour", "cContourSmoother", "loudness", {"smaWin": 3}),
    ("of_voice", "cFunctionals", "voice_contours", _SUMMARY | {"nonZeroFuncts": 1}),
    ("of_loudness", "cFunctionals", "loudness_contour", _SUMMARY),
    ("functionals", "cVectorConcat", "of_voice;of_loudness", {"includeSingleElementFields": 1}),
]


def extract_prosody(selected: pd.DataFrame, root: Path, path: Path, **_: Any) -> None:
    """Write the functionals of every selected utterance to a feature file, one frame each.

    Values that are not defined are zero, such as all of an utterance shorter than a frame of
    55 ms; the log says in how many utterances this was so.

    Args:
        selected: the selected utterances, as the probe leaves them.
        root: the corpus that their paths are relative to.
        path: the feature file to write.

    Raises:
        DataError: openSMILE is not installed, or a recording that cannot be read.
    """
    undefined = []

    def frames(smile: Any) -> Iterator[np.ndarray]:
        signals = sounds(selected, root, SAMPLE_RATE)
        for utterance, signal in zip(selected["utterance_id"], signals, strict=True):
            values = functionals(smile, signal)
            if not np.isfinite(values).all():
                undefined.append(utterance)
            yield np.where(np.isfinite(values), values, 0)[None]

    attributes = {
        "extractor": "openSMILE, functionals of contours of pitch, voicing, HNR and loudness",
        "sample_rate": SAMPLE_RATE,
        "names": " ".join(FEATURES),
        "packages": package_versions("numpy", "opensmile", "soundfile", "soxr"),
    }
    with open_smile() as smile:
        ids = list(selected["utterance_id"])
        write_ragged(path, ids, [1] * len(ids), frames(smile), len(FEATURES), attributes)
    log.info("undefined values, written as 0: in %d of %d utterances", len(undefined), len(ids))


def functionals(smile: Any, signal: np.ndarray) -> np.ndarray:
    """The `FEATURES` of a signal [sample] of `SAMPLE_RATE`, [35] float32; NaN where undefined."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Segment too short")
        # 1.0 would become the lowest of openSMILE's 16-bit numbers.
        table = smile.process_signal(np.clip(signal, -1, 1 - 2**-15), SAMPLE_RATE)
    return table[_COLUMNS].to_numpy(np.float32)[0]


@contextmanager
def open_smile(level: str = "functionals") -> Iterator[Any]:
    """OpenSMILE, set up to return the output of one of `PARTS`.

    Raises:
        DataError: it is not installed, or its file of settings cannot be written.
    """
    try:
        import opensmile
    except ImportError:
        raise DataError(
            "prosodic features need openSMILE, which is not installed; read its licence (research "
            "only), then run pip install 'emofusion[prosody]'"
        ) from None
    try:
        folder = tempfile.TemporaryDirectory()
    except OSError as error:
        raise DataError(
            f"prosody features need a folder for a temporary file ({error}); set TMPDIR to a "
            "folder that can be written to"
        ) from None
    with folder as name:
        path = Path(name, "prosody.conf")
        path.write_text(configuration(), encoding="utf-8")
        yield opensmile.Smile(feature_set=str(path), feature_level=level)


def configuration() -> str:
    """The text of openSMILE's configuration file that connects `PARTS`."""
    instances = [f"instance[{name}].type = {component}" for name, component, *_ in PARTS]
    sections = [
        "\n".join(
            [
                f"[{name}:{component}]",
                f"reader.dmLevel = {reads}",
                f"writer.dmLevel = {name}",
                *(f"{key} = {value}" for key, value in given.items()),
            ]
        )
        for name, component, reads, given in PARTS
    ]
    manager = "[componentInstances:cComponentManager]"
    return "\n\n".join(
        [
            f"{manager}\ninstance[dataMemory].type = cDataMemory",
            "\\{\\cm[source{?}:the signal]}",
            "\n".join([manager, *instances]),
            *sections,
            "\\{\\cm[sink{?}:the values]}\n",
        ]
    )
