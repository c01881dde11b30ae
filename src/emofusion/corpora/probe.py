"""Which utterances can be used, decided once for all that follows."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import av
import pandas as pd
import soundfile

from emofusion.corpora.release import release_root
from emofusion.errors import DataError


class _Excluded(Exception):
    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(stage, reason)
        self.stage, self.reason = stage, reason


def probe(
    utterances: pd.DataFrame, root: Path, *, labels: Sequence[str], modalities: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide the utterances into those to use and those to leave out, each with its reason.

    Only headers of the media are read, and only of the modalities in use.

    Args:
        utterances: the utterance table.
        root: the corpus that its paths are relative to.
        labels: the classes; others are left out.
        modalities: letters of the modalities that any configured system uses, such as "tva".

    Returns:
        The selected utterances with `audio_samples`, `audio_rate` [Hz] and `video_seconds` (length
        of the dialog's video; all three 0 for a modality that is not used), and the exclusions:
        `utterance_id`, `stage` (label, text, audio, vision: the first that failed) and `reason`.
        Both keep the order.

    Raises:
        DataError: a wav or avi file that cannot be read, or nothing left.
    """
    release = release_root(root)
    length_of_video = cache(_video_seconds)
    kept, media, exclusions = [], [], []
    for number, row in enumerate(utterances.itertuples()):
        try:
            media.append(_examine(row, release, labels, modalities, length_of_video))
            kept.append(number)
        except _Excluded as excluded:
            exclusions.append((row.utterance_id, excluded.stage, excluded.reason))
    excluded = pd.DataFrame(exclusions, columns=["utterance_id", "stage", "reason"])
    if not kept:
        raise DataError(f"{root}: none of {len(utterances)} utterances can be used{_why(excluded)}")
    selected = utterances.iloc[kept].reset_index(drop=True)
    columns = ["audio_samples", "audio_rate", "video_seconds"]
    return selected.join(pd.DataFrame(media, columns=columns)), excluded


def _examine(
    row: Any,
    release: Path,
    labels: Sequence[str],
    modalities: str,
    length_of_video: Callable[[Path], float],
) -> tuple[int, int, float]:
    """Samples and rate of the utterance's wav, seconds of its video; raises `_Excluded`."""
    if not row.label:
        raise _Excluded("label", "no label")
    if row.label not in labels:
        raise _Excluded("label", f"label {row.label} is not among the configured ones")
    if "t" in modalities and not row.transcript.strip():
        raise _Excluded("text", "empty transcript")
    samples, rate = _wav_header(release / row.audio_path) if "a" in modalities else (0, 0)
    seconds = length_of_video(release / row.video_path) if "v" in modalities else 0.0
    if "v" in modalities and not row.start < min(row.end, seconds):
        raise _Excluded(
            "vision",
            f"no video frame from {row.start} to {row.end} s; the video has {seconds:.2f} s",
        )
    return samples, rate, seconds


def _wav_header(path: Path) -> tuple[int, int]:
    if not path.is_file():
        raise _Excluded("audio", "no audio file")
    try:
        header = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        raise DataError(
            f"{path}: not a readable wav file ({error}); unpack it again or remove it"
        ) from None
    if header.frames == 0:
        raise _Excluded("audio", "no samples in the audio file")
    return header.frames, header.samplerate


def _video_seconds(path: Path) -> float:
    if not path.is_file():
        raise _Excluded("vision", "no video file")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise DataError(f"{path}: no video in this file; unpack it again or remove it")
            stream = container.streams.video[0]
            return float((stream.duration or 0) * stream.time_base)
    except av.FFmpegError as error:
        raise DataError(
            f"{path}: not a readable video file ({error}); unpack it again or remove it"
        ) from None


def _why(exclusions: pd.DataFrame) -> str:
    if exclusions.empty:
        return ""
    commonest = exclusions["reason"].value_counts()
    return f"; most often because of: {commonest.index[0]} ({commonest.iloc[0]} utterances)"
