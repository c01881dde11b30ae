"""What the headers of video files say."""

from pathlib import Path

import av

from emofusion.errors import DataError


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
