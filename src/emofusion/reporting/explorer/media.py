"""Sound and video of an utterance as WebM (VP8, Opus), which current browsers play."""

import io
import threading
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import inf, isnan, nan
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import av
import pandas as pd
from av.container import OutputContainer
from av.filter import Graph

from emofusion.corpora.folders import is_file
from emofusion.corpora.iemocap.release import release_root
from emofusion.errors import DataError
from emofusion.features.timeline import Timeline, open_video, read_timeline
from emofusion.files import replacing

CLOCK = 1000  # ticks a second, as WebM counts time
TICK = Fraction(1, CLOCK)
OPUS_RATE = 48000  # Hz
OPUS = {"compression_level": "3"}  # of 10; at 10 an utterance takes 2.5 times as long
EMBEDDED_RATE = 24000  # bits a second of sound that a page holds: speech is clear, files are small
WIDEST = 720  # pixels; larger pictures are made smaller
LINE = "color=yellow:t=4"  # around the speaker's half
# A negative cpu-used fixes the speed; with a positive one libvpx adapts it to the time that earlier
# frames took.
VP8 = {"deadline": "realtime", "cpu-used": "-8", "crf": "12", "b": "1500k"}
HALVES = {"left": "0", "right": "iw/2"}

timeline_of = lru_cache(maxsize=32)(read_timeline)


class NoRecording(DataError):
    """An utterance that has neither video nor sound in the corpus."""


class Recording(NamedTuple):
    """Where an utterance is heard and seen.

    Attributes:
        video: its video, if there is one.
        sound: its recording, if there is one; else the sound is that of the video.
        start, end: its span in the video [s].
        side: the speaker's half of the picture: left, right, or whole.
        sound_start, sound_end: its span in the recording [s].
    """

    video: Path | None
    sound: Path | None
    start: float = 0.0
    end: float = inf
    side: str = "whole"
    sound_start: float = 0.0
    sound_end: float = inf


def media_folder(corpus: Path) -> Path:
    """The folder to which the paths of the utterance table are relative."""
    if is_file(corpus):  # a table
        return corpus.parent
    try:
        return release_root(corpus)
    except DataError:  # a corpus in another layout
        return corpus


def recording(row: pd.Series, folder: Path) -> Recording:
    """Where the utterance of a row of the table is recorded.

    Args:
        row: a row of `corpus/selected.csv`.
        folder: the paths in the row are relative to it.

    Raises:
        NoRecording: neither its video nor its wav is there.
    """
    names = [row.get("video_path", ""), row.get("audio_path", "")]
    paths = [folder / name for name in names if name]
    video, sound = (folder / name if name and is_file(folder / name) else None for name in names)
    if not video and not sound:
        raise NoRecording(
            f"{row['utterance_id']}: no recording; expected {' or '.join(map(str, paths)) or 'one'}"
            ". Check `corpus` in the configuration"
        )
    if names[0] == names[1]:
        sound = None  # that of the video
    span = _given_span(row, "start", "end")
    heard = _given_span(row, "audio_start", "audio_end")
    return Recording(video, sound, *span, row.get("video_side", "whole"), *heard)


def _given_span(row: pd.Series, first: str, last: str) -> tuple[float, float]:
    """A span [s] of a row; the whole file where the row says nothing."""
    start, end = row.get(first, nan), row.get(last, nan)
    return (0.0 if isnan(start) else start), (inf if isnan(end) else end)


def write_webm(source: Recording, path: Path) -> None:
    """Cut an utterance out of its recording: VP8 with a line around the speaker's half, and Opus.

    The sound is that of the wav, or else of the video.

    Args:
        source: the recording.
        path: the WebM file to write.

    Raises:
        DataError: a recording that cannot be read.
    """
    with replacing(path) as beside, av.open(str(beside), "w", format="webm") as container:
        packets = _pictures(source, container) if source.video else []
        packets += _sound(source, container)
        if not packets:
            raise DataError(
                f"{source.video or source.sound}: no picture or sound between {source.start:.2f} "
                f"and {source.end:.2f} s; copy or unpack it again"
            )
        for packet in sorted(packets, key=lambda packet: packet.pts * packet.time_base):
            container.mux(packet)


def sound_webm(source: Recording) -> bytes:
    """The sound of an utterance as WebM with Opus; the same for the same recording.

    Args:
        source: the recording.

    Raises:
        DataError: a recording that cannot be read.
    """
    content = io.BytesIO()
    with av.open(content, "w", format="webm", options={"fflags": "+bitexact"}) as container:
        for packet in _sound(source, container, EMBEDDED_RATE):
            container.mux(packet)
    return content.getvalue()


class Cache:
    """WebM files of utterances, each cut when it is first asked for.

    Attributes:
        folder: the folder that holds them.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def webm(self, utterance_id: str, source: Recording) -> Path:
        """The file of an utterance. Two threads may ask for the same one.

        Raises:
            DataError: see `write_webm`.
        """
        path = self.folder / f"{quote(utterance_id, safe='')}.webm"
        with self._locks[utterance_id]:
            if not path.exists():
                write_webm(source, path)
        return path


def _pictures(source: Recording, container: OutputContainer) -> list[av.Packet]:
    """The encoded pictures of a span; the first is the one shown when it starts."""
    graph = stream = None
    packets = []
    for time, frame in _span(source, timeline_of(source.video)):
        frame.pts, frame.time_base = round(max(0.0, time - source.start) * CLOCK), TICK
        graph = graph or _marking(frame, source.side)
        graph.push(frame)
        picture = graph.pull()
        if stream is None:
            stream = container.add_stream("libvpx", rate=30, options=VP8)
            stream.thread_count = 1  # more threads spin while they wait
            stream.width, stream.height = picture.width, picture.height
            stream.codec_context.time_base = TICK
        packets += stream.encode(picture)
    return packets + (stream.encode() if stream else [])


def _marking(frame: av.VideoFrame, side: str) -> Graph:
    """Filters that make pictures such as this one small enough, and mark the speaker's half."""
    graph = Graph()
    filters = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=TICK
        ),
        graph.add("scale", f"w='trunc(min({WIDEST},iw)/2)*2':h=-2"),
        graph.add("format", "yuv420p"),
    ]
    if side in HALVES:
        filters.append(graph.add("drawbox", f"x={HALVES[side]}:w=iw/2:h=ih:{LINE}"))
    graph.link_nodes(*filters, graph.add("buffersink")).configure()
    return graph


def _span(source: Recording, timeline: Timeline) -> Iterator[tuple[float, av.VideoFrame]]:
    """Pictures shown from the start to the end of a span, and when they appear [s]."""
    before = None
    assert source.video is not None
    with open_video(source.video, streamed=timeline.streamed) as (opened, stream):
        keyframe = timeline.keyframe(source.start)
        if keyframe is not None:
            opened.seek(round((keyframe + timeline.origin) / stream.time_base), stream=stream)
        for frame in opened.decode(stream):
            stamp = frame.dts if frame.pts is None else frame.pts
            time = float(stamp * stream.time_base - timeline.origin)
            if time >= source.end:
                break
            if time <= source.start:
                before = time, frame
                continue
            if before:
                yield before
                before = None
            yield time, frame
    if before:
        yield before


def _sound(
    source: Recording, container: OutputContainer, rate: int | None = None
) -> list[av.Packet]:
    """The encoded sound: the utterance's wav, or the span of the video's sound.

    Args:
        source: the recording.
        container: the file that gets the stream.
        rate: bits a second; default: as the encoder chooses.
    """
    if source.sound:
        path, start, end = source.sound, source.sound_start, source.sound_end
    else:
        assert source.video is not None  # a recording has one of the two
        origin = float(timeline_of(source.video).origin)
        path, start, end = source.video, source.start + origin, source.end + origin
    stream, packets, samples = None, [], 0
    for frame in _heard(path, start, end):
        if stream is None:
            stream = container.add_stream("libopus", OPUS_RATE, OPUS, layout="mono")
            if rate:
                stream.bit_rate = rate
        frame.pts, frame.time_base = samples, Fraction(1, frame.sample_rate)
        samples += frame.samples
        packets += stream.encode(frame)
    return packets + (stream.encode() if stream else [])


def _heard(path: Path, start: float, end: float) -> Iterator[av.AudioFrame]:
    """Pieces of sound, of some hundredths of a second, between two times [s]."""
    try:
        with av.open(str(path.absolute()), metadata_errors="replace") as opened:
            if not opened.streams.audio:
                return
            if start:
                opened.seek(round(start * av.time_base))
            for frame in opened.decode(audio=0):
                if frame.time is not None and frame.time >= end:
                    return
                if frame.time is None or frame.time >= start:
                    yield frame
    except (av.FFmpegError, OSError) as error:
        raise DataError(
            f"{path}: its sound cannot be read ({error.strerror}); copy or unpack it again"
        ) from None
