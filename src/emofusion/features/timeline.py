"""When each picture of a video is shown, from its packets; nothing is decoded.

Headers and indexes are promises, packets are what the file holds: a file that holds less than it
promises is damaged. In an AVI even the time stamps come from the index. Its packets are therefore
read in the order of the file, without the index, and counted.
"""

import io
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.format import Flags
from av.video.stream import VideoStream

from emofusion.errors import DataError, kind_of

LONGEST_GAP = 1.0  # s without a new picture; if it takes longer, pictures are missing
HEADER_SLACK = 0.5  # s by which a header may be wrong
LONGEST_INTERVALS = 3  # LONGEST_GAP in median frame intervals, for videos with a low frame rate
CHUNK_HEADER = 8  # bytes; the index of an AVI points at it, a packet at what follows
BUFFER = 1 << 20  # bytes read at once
TOLERANCE = 1e-6  # s; times of utterances have four decimals
FINE_CLOCK = 10  # ticks in an interval; stamps of a finer clock may be rounded


class Timeline(NamedTuple):
    """When the pictures of a video are shown.

    Time is in seconds from the start of the recording, where players show 0:00: its first picture,
    or its sound where that begins earlier. The clock in the file may start anywhere.

    Attributes:
        times: when each picture appears [picture], increasing.
        end: when the last one ends.
        interval: the usual time from one picture to the next.
        origin: the decoder's time stamp at time 0 [s].
        keyframes: times of the pictures where decoding can start, increasing.
        rounding: how far time stamps may be off [s].
        unordered: the file does not say in which order its pictures are shown. The decoder's time
            stamps are right only where it keeps the order of the file.
        streamed: the index is wrong; the file has to be read from its start.
    """

    times: np.ndarray
    end: float
    interval: float
    origin: Fraction
    keyframes: list[float]
    rounding: float
    unordered: bool = False
    streamed: bool = False

    @property
    def longest(self) -> float:
        """How long a picture may be shown [s]; after that, pictures are missing."""
        return max(LONGEST_GAP, LONGEST_INTERVALS * self.interval)

    def hole(self, start: float, end: float) -> tuple[float, float] | None:
        """The first stretch without pictures that overlaps a span [s]."""
        shown = np.concatenate([[0.0], self.times, [self.end]])
        for before in np.flatnonzero(np.diff(shown) > self.longest):
            # Before the first picture there is none to be shown.
            hole = shown[before] + (self.interval if before else 0), shown[before + 1]
            if start + TOLERANCE < hole[1] and hole[0] + TOLERANCE < end:
                return float(hole[0]), float(hole[1])
        return None

    def keyframe(self, time: float) -> float | None:
        """The last time up to `time` where decoding can start [s]."""
        position = bisect_right(self.keyframes, time)
        return self.keyframes[position - 1] if position else None


class _Packet(NamedTuple):
    """A stored picture: when it is shown and decoded, and for how long [ticks]; its position."""

    shown: int
    decoded: Any  # a whole number; None where the file does not say
    duration: int
    position: int | None
    keyframe: bool


class _Unseekable(io.FileIO):
    """A file that is read from start to end, so that FFmpeg cannot use its index."""

    seek: Any = None


def read_timeline(path: Path) -> Timeline:
    """Find out when each picture is shown, and that the file holds all that it promises.

    Reads the whole file, without decoding.

    Raises:
        DataError: not a readable video, fewer pictures than its header or index promises, or
            pictures without time stamps.
    """
    with open_video(path) as (container, stream):
        if container.format.name != "avi":
            return _by_stamps(path, container, stream)
        index = {(entry.timestamp, entry.pos + CHUNK_HEADER) for entry in stream.index_entries}
    with open_video(path, streamed=True) as (container, stream):
        return _by_count(path, container, stream, index)


@contextmanager
def open_video(
    path: Path, *, streamed: bool = False
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file and its video stream; `streamed`: from start to end, without index.

    Raises:
        DataError: a file without video, or one that cannot be read or decoded while it is open.
    """
    try:
        with (
            # In a relative path FFmpeg takes what precedes a colon for a protocol.
            _Unseekable(path) if streamed else nullcontext(str(path.absolute())) as source,
            # Titles and names in the file may be in any encoding.
            av.open(source, buffer_size=BUFFER, metadata_errors="replace") as container,
        ):
            stream = container.streams.best("video")
            if stream is None:
                raise DataError(f"{path}: no video in this file; expected one with pictures")
            _require_clock(path, container)
            yield container, stream
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; expected a video") from None
    except (av.FFmpegError, OSError) as error:
        kind = kind_of(path) if os.access(path, os.R_OK) else ""
        found = error.strerror if kind in ("", "binary data") else f"it is {kind}"
        raise DataError(
            f"{path}: not a readable video file ({found}); copy or unpack it again"
        ) from None


def _require_clock(path: Path, container: InputContainer) -> None:
    """Refuse a file that does not say when a picture is shown: FFmpeg takes 25 a second."""
    if container.format.name.endswith("_pipe") or container.format.name == "image2":
        raise DataError(f"{path}: is a single picture; expected a video")
    if container.format.flags & Flags.no_timestamps.value:
        raise _no_stamps(path)


def _no_stamps(path: Path) -> DataError:
    return DataError(
        f"{path}: its pictures have no time stamps; expected a container that has them, such as "
        "mp4. Convert it"
    )


def no_frames(path: Path, hole: tuple[float, float]) -> DataError:
    """The error for a stretch of time without pictures [s]."""
    return DataError(
        f"{path}: no frame from {hole[0]:.2f} to {hole[1]:.2f} s; copy or unpack it again, or "
        "convert it to a constant frame rate if its pictures are still"
    )


def _by_stamps(path: Path, container: InputContainer, stream: VideoStream) -> Timeline:
    """The timeline of a file whose packets carry time stamps."""
    packets, shown, reached = [], [], 0.0
    for packet in container.demux():
        if packet.size and packet.pts is not None:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            reached = max(reached, float(end))
        if packet.size and packet.stream_index == stream.index:
            packets.append(_packet(path, packet))
            # A packet to discard comes before the start that was chosen in an editor: the
            # decoder needs it, but its picture is not shown.
            shown += [] if packet.is_discard else packets[-1:]
    _require_packets(path, shown)
    origin = _origin(container, shown, stream)
    if container.format.name == "asf" and container.duration is None:
        # FFmpeg takes the length from its header only if the file is as large as the header says.
        raise DataError(
            f"{path}: cut off or unfinished: its header does not say how long it is, or promises a "
            "file of another size; copy it again, or convert it to mp4"
        )
    promised = (container.duration or 0) / av.time_base
    if max(reached, reached - float(origin)) < promised - HEADER_SLACK:
        raise _cut_off(path, f"{promised:.2f} s", f"{reached:.2f} s")
    stamps = [max(packet.shown, packet.decoded or packet.shown) for packet in packets]
    _require_indexed(path, [entry.timestamp for entry in stream.index_entries], stamps)
    return _timeline(shown, stream, origin)


def _origin(container: InputContainer, packets: list[_Packet], stream: VideoStream) -> Fraction:
    """What the clock of the file shows when its presentation starts [s]."""
    first = min(packet.shown for packet in packets) * stream.time_base
    # Sound before 0 prepares the decoder and is not heard.
    sounds = [
        max(Fraction(0), sound.start_time * sound.time_base)
        for sound in container.streams.audio
        if sound.start_time is not None
    ]
    return min([first, *sounds])


def _by_count(
    path: Path, container: InputContainer, stream: VideoStream, index: set[tuple[int, int]]
) -> Timeline:
    """The timeline of an AVI, where every chunk is a tick of the clock, even an empty one.

    Args:
        path: the file to name in errors.
        container: the file, opened without its index.
        stream: its video.
        index: tick and position of each picture by the index.
    """
    packets = [_packet(path, packet) for packet in container.demux(stream) if packet.size]
    _require_packets(path, packets)
    ticks = [packet.decoded for packet in packets]
    _require_indexed(path, [tick for tick, _ in index], ticks)
    held = {(packet.decoded, packet.position) for packet in packets}
    promised, missing = stream.frames, stream.frames - ticks[-1] - 1
    slack = HEADER_SLACK / stream.time_base
    # Where the index has every packet at its tick, only the header can be wrong, and it may be off
    # by the slack; elsewhere its number of pictures must be right. If it promises none, nothing is
    # compared.
    if promised and (missing > slack if index == held else missing != 0):
        raise _cut_off(path, f"{promised} pictures", str(promised - missing))
    # A decoder that reorders pictures shows them late, and FFmpeg stamps them so.
    delay = min(packet.shown for packet in packets) - ticks[0]
    timeline = _timeline(packets, stream, delay * stream.time_base)
    # Late but never reordered: FFmpeg could not see the order (H.264, DivX with packed pictures).
    unordered = delay != 0 and len({packet.shown - packet.decoded for packet in packets}) == 1
    streamed = not index <= held
    keyframes = [] if streamed else timeline.keyframes
    return timeline._replace(unordered=unordered, streamed=streamed, keyframes=keyframes)


def _timeline(packets: list[_Packet], stream: VideoStream, origin: Fraction) -> Timeline:
    def seconds(ticks: Iterable[int]) -> list[float]:
        return [float(tick * stream.time_base - origin) for tick in sorted(set(ticks))]

    times = np.array(seconds(packet.shown for packet in packets))
    last = max(packets, key=lambda packet: packet.shown)
    duration = float(last.duration * stream.time_base)
    interval = float(np.median(np.diff(times))) if len(times) > 1 else duration
    end = seconds([last.shown + last.duration])[0] if duration else float(times[-1] + interval)
    keyframes = seconds(packet.shown for packet in packets if packet.keyframe)
    tick = float(stream.time_base)
    rounding = tick / 2 if tick * FINE_CLOCK < interval else 0.0
    return Timeline(times, end, interval, origin, keyframes, rounding)


def _packet(path: Path, packet: av.Packet) -> _Packet:
    shown = packet.dts if packet.pts is None else packet.pts
    if shown is None:
        raise _no_stamps(path)
    if packet.is_corrupt:
        place = "" if packet.pos is None else f" at byte {packet.pos}"
        raise DataError(f"{path}: cut off or damaged{place}; copy or unpack it again")
    return _Packet(shown, packet.dts, packet.duration or 0, packet.pos, packet.is_keyframe)


def _require_packets(path: Path, packets: list[_Packet]) -> None:
    if not packets:
        raise DataError(f"{path}: no frame in this video; copy or unpack it again")


def _require_indexed(path: Path, index: list[int], held: list[int]) -> None:
    """Require at least as many pictures as the index lists, and one at its last tick or later."""
    if len(index) > len(held):
        raise _cut_off(path, f"{len(index)} pictures", str(len(held)))
    if index and max(index) > max(held):
        raise _cut_off(path, f"pictures up to tick {max(index)}", f"pictures up to {max(held)}")


def _cut_off(path: Path, promised: str, held: str) -> DataError:
    return DataError(
        f"{path}: cut off or damaged; its header or index promises {promised}, the file holds "
        f"{held}. Copy or unpack it again"
    )
