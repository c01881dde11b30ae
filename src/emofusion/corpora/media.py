"""What the headers of media files say."""

from pathlib import Path

import av
import soundfile

from emofusion.errors import DataError


def wav_header(path: Path) -> tuple[int, int]:
    """Samples and sample rate [Hz] of a wav file.

    Raises:
        DataError: no wav file that can be read.
    """
    try:
        header = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        raise DataError(f"{path}: not a readable wav file ({error})") from None
    return header.frames, header.samplerate


def video_seconds(path: Path) -> float:
    """Length of a video by its header [s].

    Raises:
        DataError: no video that can be read.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise DataError(f"{path}: no video in this file")
            stream = container.streams.video[0]
            return float((stream.duration or 0) * stream.time_base)
    except (av.FFmpegError, OSError) as error:
        raise DataError(f"{path}: not a readable video file ({error})") from None
