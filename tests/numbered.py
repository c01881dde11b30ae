"""Videos whose pictures carry their number, so that a test sees which one it gets."""

from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import numpy as np

from emofusion.features.video import CropPlan, speaker_crops

RATE = 30  # pictures a second
HEIGHT, WIDTH = 80, 160
BITS = 10
CODECS = {"avi": "mpeg4", "webm": "libvpx", "wmv": "wmv2"}
FAST = {"libvpx": {"deadline": "realtime", "cpu-used": "8"}}


def picture(number):
    """Either half shows the number as bars, the lowest bit first, [HEIGHT, WIDTH, 3]."""
    bars = np.array([230 if number >> bit & 1 else 25 for bit in range(BITS)], np.uint8)
    row = np.tile(np.repeat(bars, WIDTH // 2 // BITS), 2)
    return np.broadcast_to(row[None, :, None], (HEIGHT, WIDTH, 3))


def write(path, length=300, *, codec="", stamps=None, sound=None, muxer=None, **options):
    """Write pictures 0, 1, 2, ...

    Args:
        path: the file; its ending is the container.
        length: number of pictures.
        codec: by default a usual one of the container.
        stamps: when each picture is shown [1 / RATE s]; by default one after the other.
        sound: start and end of a sound track [s].
        muxer: options of the container.
        options: of the encoder.
    """
    with av.open(str(path), "w", options=muxer or {}) as container:
        codec = codec or CODECS.get(path.suffix[1:], "libx264")
        options = {"g": "24"} | FAST.get(codec, {}) | options
        stream = container.add_stream(codec, rate=RATE, options=options)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        if sound:
            _write_silence(container, *sound)
        for number, stamp in zip(range(length), stamps or count(), strict=False):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture(number)), "rgb24")
            frame.pts, frame.time_base = stamp, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _write_silence(container, start, end):
    stream = container.add_stream("aac", rate=16000, layout="mono")
    for first in range(int(start * 16000), int(end * 16000), 1024):
        silence = np.zeros((1, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, first, Fraction(1, 16000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def write_packets(path, contents):
    """Write encoded MPEG-4 pictures, in this order, to an AVI."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        container.start_encoding()
        for number, content in enumerate(contents):
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, RATE)
            packet.pts = packet.dts = number
            container.mux(packet)
    return path


def packets(path):
    """The encoded pictures of a video, in the order of the file."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def seen(path: Path, times):
    """Numbers of the pictures at some times [s]."""
    turns = [CropPlan("u", "left", np.array(times, float))]
    ((_, crops),) = speaker_crops(path, turns, HEIGHT)
    bars = crops[:, HEIGHT // 2, HEIGHT // BITS // 2 :: HEIGHT // BITS, 0] > 128
    return (bars @ (1 << np.arange(BITS))).tolist()
