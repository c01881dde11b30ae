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
            if stream.duration is None:
                raise DataError(f"{path}: its header tells no length; convert or unpack it again")
            return float(stream.duration * stream.time_base)
    except (av.FFmpegError, OSError) as error:
        raise DataError(f"{path}: not a readable video file ({error})") from None
