"""Speech by espeak-ng, with prosody by emotion."""

import ctypes
import shutil
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from emofusion.corpora.synthetic.plan import Cue
from emofusion.corpora.synthetic.words import spoken
from emofusion.errors import DataError

SAMPLE_RATE = 16_000

# From espeak-ng's speak_lib.h.
AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
PARAMETERS = {"rate": 1, "pitch": 3, "range": 4}


@dataclass(frozen=True)
class Prosody:
    """How an emotion sounds, as differences from neutral speech."""

    rate: float
    """Words a minute."""
    pitch: float
    range: float
    """Both on espeak-ng's scale from 0 to 99 with 50 as the middle."""
    loudness: float
    """dB."""
    tilt: float
    """dB per octave; above zero the voice is tense and bright, below soft and dull."""
    breath: float
    """Level of breath noise, as a share of the voice's amplitude."""


EMOTION_PROSODY = {
    "neu": Prosody(0, 0, 0, 0, 0, 0),
    "ang": Prosody(25, 10, 30, 11, 4, 0),
    "fru": Prosody(-15, -5, 10, 7, 1, 0),
    "sad": Prosody(-60, -20, -35, -9, -4, 0.15),
    "hap": Prosody(20, 15, 20, 0, 3, 0),
    "exc": Prosody(65, 30, 40, 8, 1, 0),
    "sur": Prosody(10, 40, 49, -3, 2, 0.5),
}

NEUTRAL_RATE = 210  # words a minute
SPEAKER_SPREAD = Prosody(6, 4, 4, 1.0, 0.4, 0)
UTTERANCE_SPREAD = Prosody(12, 5, 6, 1.5, 0.5, 0)
"""Standard deviations of the random variation between speakers and between utterances."""

VOICES = {
    "F": ("en+f1", "en+f2", "en+f3", "en+f4", "en+f5"),
    "M": ("en+m1", "en+m3", "en+m4", "en+m6", "en+m7"),
}
"""espeak-ng's, one a session."""


@dataclass(frozen=True)
class Speaker:
    """A voice of espeak-ng and its habit, a deviation in each field of `Prosody`."""

    voice: str
    habit: np.ndarray

    @classmethod
    def draw(cls, rng: np.random.Generator, session: int, gender: str) -> "Speaker":
        """The woman (F) or man (M) of a session."""
        return cls(VOICES[gender][session - 1], _deviations(SPEAKER_SPREAD, rng))


class Synthesiser:
    """An instance of espeak-ng without state from earlier instances.

    The engine keeps state between utterances (the phase of its pitch flutter) and has no reset. So
    each instance loads a separate copy of the library, which makes its output reproducible.

    Args:
        folder: an empty folder for the copy; it must exist as long as the instance is used.

    Raises:
        DataError: espeak-ng is not installed or does not start.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import espeakng_loader
        except ImportError:
            raise DataError(
                "The synthetic corpus needs espeak-ng, which is not installed: "
                "pip install emofusion[demo]"
            ) from None
        # The data are linked too: the engine takes no path of 160 characters or more.
        data = folder / "espeak-ng-data"
        data.symlink_to(espeakng_loader.get_data_path())
        try:
            self._library = ctypes.CDLL(
                str(shutil.copy(espeakng_loader.get_library_path(), folder))
            )
        except OSError as error:
            raise DataError(
                f"espeak-ng cannot be loaded: {error}; set TMPDIR to where programs may run"
            ) from None
        self.sample_rate = self._library.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS, 0, str(data).encode(), INITIALIZE_DONT_EXIT
        )
        if self.sample_rate <= 0:
            raise DataError(
                f"espeak-ng does not start with its data in {data}; set TMPDIR to a shorter path"
            )
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # else the clock seeds the breath
        self._chunks: list[np.ndarray] = []
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = signature(self._collect)  # kept: the engine holds no reference
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, text: str, voice: str, **parameters: int) -> np.ndarray:
        """Samples [time] in -1 ... 1 at `sample_rate`; parameters are rate, pitch and range."""
        self._chunks.clear()
        failed = self._library.espeak_SetVoiceByName(voice.encode())
        for name, value in parameters.items():
            failed |= self._library.espeak_SetParameter(PARAMETERS[name], value, 0)
        content = text.encode()
        failed |= self._library.espeak_Synth(
            content, len(content) + 1, 0, 1, 0, CHARS_UTF8, None, None
        )
        if failed:
            raise DataError(
                f"espeak-ng refuses to say {text!r} with voice {voice} and {parameters}"
            )
        return np.concatenate(self._chunks) / 32768


def speak(
    synthesiser: Synthesiser, text: str, speaker: Speaker, cue: Cue, rng: np.random.Generator
) -> np.ndarray:
    """One utterance, in the speaker's voice with the prosody of the cue and some chance.

    Returns:
        Samples [time] in -1 ... 1 at `SAMPLE_RATE`.
    """
    shown = cue.intensity * np.array(astuple(EMOTION_PROSODY[cue.emotion]))
    prosody = Prosody(*(shown + speaker.habit + _deviations(UTTERANCE_SPREAD, rng)))
    samples = synthesiser.say(
        spoken(text),
        speaker.voice,
        rate=round(NEUTRAL_RATE + prosody.rate),
        pitch=round(np.clip(50 + prosody.pitch, 0, 99)),
        range=round(np.clip(50 + prosody.range, 0, 99)),
    )
    samples = resample_poly(samples, SAMPLE_RATE, synthesiser.sample_rate)
    return _colour(samples, prosody, rng)


def _deviations(spread: Prosody, rng: np.random.Generator) -> np.ndarray:
    """A random deviation for each field of `Prosody`."""
    return rng.normal(0, astuple(spread))


def _colour(samples: np.ndarray, prosody: Prosody, rng: np.random.Generator) -> np.ndarray:
    """Breath, spectral tilt and loudness, over the faint noise of a room."""
    envelope = np.abs(samples)
    samples = samples + max(prosody.breath, 0) * envelope * rng.normal(size=len(samples))
    size = 1 << len(samples).bit_length()
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 60)
    gain = (frequency / 1000) ** (prosody.tilt / 6.02)
    tilted = np.fft.irfft(np.fft.rfft(samples, size) * gain)[: len(samples)]
    level = 10 ** ((prosody.loudness - 28) / 20)
    voiced = tilted * level / np.sqrt(np.mean(tilted**2))
    return np.clip(voiced + rng.normal(0, 0.001, len(voiced)), -1, 1)
