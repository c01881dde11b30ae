"""Pictures of a video at given times: the centre of the speaker's half, or of the whole frame."""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from emofusion.errors import DataError
from emofusion.features.timeline import TOLERANCE, Timeline, no_frames, open_video, read_timeline

WORTH_SEEKING = 0.5  # s of pictures that need not be decoded
REORDERED_WITHIN = 300  # frames; a decoder that reorders any does so in the first seconds


class CropPlan(NamedTuple):
    """What an utterance needs of a video: the speaker's side, and the times of the frames [s].

    The side is left or right of two people, or whole.
    """

    utterance_id: str
    side: str
    times: np.ndarray


def sample_times(
    start: float, end: float, video_seconds: float, frames_per_second: float
) -> np.ndarray:
    """Times of an utterance's frames [s]: from its start, at a fixed rate, before its end.

    Never beyond the video's end, and at least once, however short the utterance is. NaN stands for
    the start or the end of the video.
    """
    start = 0.0 if math.isnan(start) else start
    end = video_seconds if math.isnan(end) else end
    count = np.ceil((min(end, video_seconds) - start) * frames_per_second - TOLERANCE)
    return start + np.arange(max(1, int(count))) / frames_per_second


def speaker_crops(
    video: Path, turns: Sequence[CropPlan], crop: int, timeline: Timeline | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """Decode a video once and cut out what each utterance needs.

    Time counts as in `Timeline`, from where players show 0:00. The frame of a time is the last one
    that has appeared by then, turned as its display matrix says. Utterances come in the order in
    which they are complete, since those of two speakers may overlap.

    Args:
        video: the file.
        turns: the utterances.
        crop: side of the pictures [pixels].
        timeline: that of the video, if it has been read already.

    Yields:
        Utterance and its pictures, [time, crop, crop, 3] RGB uint8: centres of the speaker's half,
        or of the whole frame.

    Raises:
        DataError: a video that cannot be read, is damaged, has no frame at one of the times, or
            whose half (the frame, for the side `whole`) is smaller than the crop.
    """
    looks = sorted(
        (time, turn.utterance_id, number, turn.side)
        for turn in turns
        for number, time in enumerate(turn.times)
    )
    waiting = {turn.utterance_id: len(turn.times) for turn in turns}
    pictures: dict[str, np.ndarray] = {}
    times = [time for time, *_ in looks]
    frames = _frames_at(video, times, timeline or read_timeline(video))
    for (_, utterance, number, side), frame in zip(looks, frames, strict=True):
        if utterance not in pictures:
            shape = (waiting[utterance], crop, crop, 3)
            pictures[utterance] = np.empty(shape, np.uint8)
        pictures[utterance][number] = _centre_of_half(frame, side, crop, video)
        waiting[utterance] -= 1
        if not waiting[utterance]:
            yield utterance, pictures.pop(utterance)


def _frames_at(video: Path, times: Sequence[float], timeline: Timeline) -> Iterator[np.ndarray]:
    """Frames [height, width, 3] shown at increasing times; only these are converted to RGB."""
    converter = VideoReformatter()  # one for all frames: its tables take longer than a frame
    converted: Any = None
    picture = np.empty(0)
    for frame in _shown_at(video, times, timeline):
        if frame is not converted:
            picture = converter.reformat(frame, format="rgb24").to_ndarray()
            converted, picture = frame, _upright(picture, frame, video)
        yield picture


def _shown_at(video: Path, times: Sequence[float], timeline: Timeline) -> Iterator[av.VideoFrame]:
    """Frames shown at increasing times. Stretches in which none is needed are not decoded."""
    for time in times:
        _require_frame(video, time, timeline)
    counted = timeline.unordered and _reorders(video, timeline)
    if counted:
        timeline = timeline._replace(keyframes=[])
    with open_video(video, streamed=timeline.streamed) as (container, stream):
        decoded = _decoded(video, container, stream, timeline, counted=counted)
        shown, upcoming = None, next(decoded, None)
        tolerance = TOLERANCE + timeline.rounding
        for number, time in enumerate(times):
            keyframe = timeline.keyframe(time + tolerance)
            if upcoming and keyframe and keyframe > upcoming.time + WORTH_SEEKING:
                decoded = _decoded(video, container, stream, timeline, keyframe=keyframe)
                shown, upcoming = None, next(decoded, None)
                if not upcoming or not upcoming.frame.key_frame or upcoming.time != keyframe:
                    # Seeking did not reach the keyframe: decode from the start instead.
                    rest = timeline._replace(keyframes=[])
                    yield from _shown_at(video, times[number:], rest)
                    return
            while upcoming and (not shown or upcoming.time <= time + tolerance):
                shown, upcoming = upcoming, next(decoded, None)
            if not shown or not shown.intact or time - shown.time > timeline.longest:
                raise DataError(
                    f"{video}: damaged, the frame at {time:.2f} s cannot be decoded; copy or "
                    "unpack it again"
                )
            yield shown.frame
        if counted:
            deque(decoded, maxlen=0)  # decode the rest: the count is checked at the end


def _reorders(video: Path, timeline: Timeline) -> bool:
    """Whether a decoder shows pictures in an order other than that of the file."""
    with open_video(video, streamed=timeline.streamed) as (container, stream):
        stamps = [frame.pts or 0 for frame in islice(container.decode(stream), REORDERED_WITHIN)]
    return stamps != sorted(stamps)


class _Decoded(NamedTuple):
    """A frame, when it appears [s], and whether all since its keyframe could be decoded."""

    time: float
    frame: av.VideoFrame
    intact: bool


def _decoded(
    video: Path,
    container: InputContainer,
    stream: VideoStream,
    timeline: Timeline,
    *,
    keyframe: float | None = None,
    counted: bool = False,
) -> Iterator[_Decoded]:
    """Frames in the order in which they are shown.

    Args:
        video: the file to name in errors.
        container: that file, open.
        stream: its video.
        timeline: when its pictures are shown.
        keyframe: where to start [s]; None: where the container is.
        counted: the frames come at the times of the timeline, one by one, whatever their stamps.
    """
    if keyframe is not None:
        stamp = (Fraction(keyframe) + timeline.origin) / stream.time_base
        container.seek(round(stamp), stream=stream)
    before, intact, number = -math.inf, True, 0
    for frame in container.decode(stream):
        number += 1
        if counted:
            time = float(timeline.times[min(number, len(timeline.times)) - 1])
        else:
            stamp = frame.dts if frame.pts is None else frame.pts
            time = float(stamp * stream.time_base - timeline.origin)
        if keyframe is not None and time < keyframe:
            continue  # it may need frames from before the keyframe
        if time < before:
            raise DataError(
                f"{video}: its time stamps do not say when a frame is shown (after {before:.2f} s "
                f"comes {time:.2f} s); convert it to another container, such as mp4"
            )
        intact = not frame.is_corrupt and (intact or frame.key_frame)
        before = time
        yield _Decoded(time, frame, intact)
    if counted and number != len(timeline.times):
        raise DataError(
            f"{video}: {len(timeline.times)} packets gave {number} frames, so that it is unknown "
            "when a frame is shown; convert it to another container, such as mp4"
        )


def _require_frame(video: Path, time: float, timeline: Timeline) -> None:
    if time > timeline.end + TOLERANCE:
        raise DataError(
            f"{video}: no frame at {time:.2f} s, it ends at {timeline.end:.2f} s; expected the "
            "file that the probe has read"
        )
    hole = timeline.hole(time, time + 3 * TOLERANCE)
    if hole:
        raise no_frames(video, hole)


def _upright(picture: np.ndarray, frame: av.VideoFrame, video: Path) -> np.ndarray:
    """A picture [height, width, 3] as players show it: turned and mirrored by its matrix."""
    matrix = frame.side_data.get(Type.DISPLAYMATRIX)
    if matrix is None:
        return picture
    # A pixel (x, y) is shown at (a x + c y, b x + d y).
    a, b, _, c, d, *_ = np.frombuffer(matrix, np.int32)
    if a and d and not b and not c:
        return picture[:: np.sign(d), :: np.sign(a)]
    if b and c and not a and not d:
        return picture.swapaxes(0, 1)[:: np.sign(b), :: np.sign(c)]
    raise DataError(
        f"{video}: its display matrix turns the picture by an angle other than 90, 180 or "
        "270 degrees. Convert it so that the pictures are upright"
    )


def _centre_of_half(frame: np.ndarray, side: str, crop: int, video: Path) -> np.ndarray:
    height, width = frame.shape[0], frame.shape[1] // (1 if side == "whole" else 2)
    if min(height, width) < crop:
        part = "a frame" if side == "whole" else "half a frame"
        raise DataError(
            f"{video}: {part} has {width} x {height} pixels, the crop needs {crop} x {crop}; use a "
            "larger video, or extract and train with a smaller `features.vision.crop`"
        )
    top, left = (height - crop) // 2, (width - crop) // 2 + (width if side == "right" else 0)
    return frame[top : top + crop, left : left + crop]
