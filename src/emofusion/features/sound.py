"""The sound of a recording as one channel: wav files, other formats, and the sound of videos."""

import math
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import soundfile

from emofusion.errors import DataError, kind_of
from emofusion.features.wav import wav_header

MISSING = 0.1  # s by which a file may be shorter than it promises; encoders pad and round
STEP = "copy or unpack it again, or convert it to wav"


def sound_header(path: Path) -> tuple[int, int]:
    """Number of samples per channel, and sample rate [Hz], of a complete recording.

    The header of a wav file is checked against its size. Other formats are decoded: their headers
    promise lengths that the file may not hold.

    Raises:
        DataError: a file without sound, or one that is damaged or cut off.
    """
    if _is_wav(path):
        return wav_header(path)
    signal, rate = _decoded(path)
    return len(signal), rate


def read_sound(
    path: Path, start: float = math.nan, end: float = math.nan
) -> tuple[np.ndarray, int]:
    """A recording, or a span of it, as one channel [sample] float32, and its sample rate [Hz].

    Two channels are averaged; more are mixed as FFmpeg mixes them. Time counts from where players
    show 0:00.

    Args:
        path: a wav file, or any audio or video file that FFmpeg reads.
        start: of the span [s]; NaN: the start of the recording.
        end: of the span [s]; NaN: the end of the recording.

    Raises:
        DataError: a file without sound, or one that is damaged or cut off.
    """
    if _is_wav(path):
        samples, rate = wav_header(path)
        if soundfile.info(path).channels <= 2:
            return _read_wav(path, *span_in_samples(samples, rate, start, end)), rate
    signal, rate = _decoded(path)
    return signal[slice(*span_in_samples(len(signal), rate, start, end))], rate


def span_in_samples(samples: int, rate: int, start: float, end: float) -> tuple[int, int]:
    """First and end (exclusive) sample of a span [s], limited to the recording."""
    first = 0 if math.isnan(start) else round(start * rate)
    last = samples if math.isnan(end) else round(end * rate)
    return min(first, samples), min(last, samples)


def _is_wav(path: Path) -> bool:
    return path.suffix.lower() == ".wav"


def _read_wav(path: Path, first: int, last: int) -> np.ndarray:
    try:
        channels, _ = soundfile.read(path, start=first, stop=last, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise DataError(
            f"{path}: its sound cannot be decoded ({error.error_string}); copy or unpack it again"
        ) from None
    return _finite(channels.mean(axis=1), path)


def _finite(signal: np.ndarray, path: Path) -> np.ndarray:
    if not np.isfinite(signal).all():
        raise DataError(
            f"{path}: holds samples that are not finite numbers; copy or unpack it again, or "
            "convert it to 16-bit PCM"
        )
    return signal


@lru_cache(maxsize=1)  # the utterances of a recording follow each other
def _decoded(path: Path) -> tuple[np.ndarray, int]:
    """A whole recording as one channel, and its rate [Hz]: no wav, or one of over two channels."""
    try:
        header = soundfile.info(path)
    except soundfile.LibsndfileError:
        return _by_ffmpeg(path)
    if header.format == "AIFF":
        _check_aiff(path)
    if header.channels > 2:
        return _by_ffmpeg(path)
    signal = _read_wav(path, 0, header.frames)
    _check_length(path, len(signal), header.frames, header.samplerate)
    return signal, header.samplerate


def _check_aiff(path: Path) -> None:
    """Refuse a file that was cut off: libsndfile and FFmpeg take it for a shorter one."""
    with path.open("rb") as file:
        promised = 8 + int.from_bytes(file.read(8)[4:], "big")
    there = path.stat().st_size
    if there < promised:
        raise DataError(
            f"{path}: cut off: its header promises {promised} bytes, {there} are there; {STEP}"
        )


def _by_ffmpeg(path: Path) -> tuple[np.ndarray, int]:
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise DataError(f"{path}: has no sound; expected an audio stream")
            stream = container.streams.audio[0]
            rate = stream.rate
            clocks = [
                one for one in container.streams if None not in (one.start_time, one.time_base)
            ]
            origin = min((float(one.start_time * one.time_base) for one in clocks), default=0.0)
            signal = _mixed(container, stream, origin)
            promised = float(stream.duration * stream.time_base) if stream.duration else 0.0
    except (av.FFmpegError, OSError) as error:
        raise DataError(
            f"{path}: its sound cannot be read, {_kind(path)} ({error}); {STEP}"
        ) from None
    _check_length(path, len(signal), round(promised * rate), rate)
    return signal, rate


def _mixed(
    container: av.container.InputContainer, stream: av.AudioStream, origin: float
) -> np.ndarray:
    """The decoded sound, one channel; silence from time 0 to where it begins."""
    # When mixing channels, FFmpeg keeps integer samples in range, but not floating-point ones.
    mixer = av.AudioResampler(format="s32", layout="mono", rate=stream.rate)
    pieces: list[np.ndarray] = []
    for frame in container.decode(stream):
        if not pieces:
            silence = round(((frame.time or origin) - origin) * stream.rate)
            pieces.append(np.zeros(max(0, silence), np.float32))
        pieces += [_as_float(mixed) for mixed in mixer.resample(frame)]
    if pieces:
        pieces += [_as_float(mixed) for mixed in mixer.resample(None)]
    return np.concatenate([np.empty(0, np.float32), *pieces])


def _as_float(frame: av.AudioFrame) -> np.ndarray:
    return frame.to_ndarray()[0].astype(np.float32) / np.float32(2**31)


def _check_length(path: Path, samples: int, promised: int, rate: int) -> None:
    if samples < promised - MISSING * rate:
        raise DataError(
            f"{path}: cut off or damaged: it promises {promised / rate:.2f} s of sound, "
            f"{samples / rate:.2f} s are there; {STEP}"
        )


def _kind(path: Path) -> str:
    try:
        return f"it is {kind_of(path)}"
    except OSError:
        return "it may not be opened"
