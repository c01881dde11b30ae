"""Which pictures an utterance gets, as they are shown by a player."""

import struct

import av
import numpy as np
import pytest
from numbered import HEIGHT, RATE, packets, seen, write, write_packets

from emofusion.errors import DataError
from emofusion.features.timeline import read_timeline
from emofusion.features.video import CropPlan, speaker_crops

VOP = b"\x00\x00\x01\xb6"  # before a picture of MPEG-4
NOT_CODED = VOP + bytes([0b01010000, 0b01011111])  # a picture that repeats the one before


def kind(picture):
    return "IPB"[picture[picture.index(VOP) + 4] >> 6]


def divx(pictures):
    """As DivX 5 stores B-frames: in one packet with what they need, and an empty one after it."""
    packed = []
    for picture in pictures:
        if kind(picture) == "B":
            packed[-1] += picture
            packed.append(NOT_CODED)
        else:
            packed.append(picture)
    start = packed[0].index(VOP)
    return [packed[0][:start] + b"\x00\x00\x01\xb2DivX503b1393p" + packed[0][start:], *packed[1:]]


def test_two_pictures_in_a_packet_of_divx_come_in_their_order(tmp_path):
    pictures = packets(write(tmp_path / "plain.avi", 120, bf="1"))
    path = write_packets(tmp_path / "v.avi", divx(pictures))
    assert len(packets(path)) == 120
    looks = [0, 0.05, 1.01, 1.05, 1.99, 3.95]
    assert seen(path, looks) == [0, 1, 30, 31, 59, 118]
    assert [seen(path, [look])[0] for look in looks] == seen(path, looks)


def test_a_packet_without_a_picture_shows_the_one_before(tmp_path):
    pictures = packets(write(tmp_path / "plain.avi", 30))
    path = write_packets(
        tmp_path / "v.avi", [part for picture in pictures for part in (picture, NOT_CODED)]
    )
    assert seen(path, [0, 1 / RATE, 2 / RATE, 3 / RATE, 1.99]) == [0, 0, 1, 1, 29]


def test_pictures_that_could_be_reordered_but_are_not_have_their_stamps(tmp_path):
    # An encoder that may use B-frames, uses none, and leaves some packets empty.
    pictures = packets(write(tmp_path / "plain.avi", 60, bf="1"))
    ahead = [picture for picture in pictures if kind(picture) != "B"]
    path = write_packets(tmp_path / "v.avi", [*ahead[:10], NOT_CODED, *ahead[10:]])
    timeline = read_timeline(path)
    assert timeline.unordered
    assert timeline.times[0] == 0
    looks = np.array([0, 9, 10, 11, 20]) / RATE + 0.01
    # Those that are not B-frames: 0, 2, 4, ...
    assert seen(path, looks) == [0, 18, 18, 20, 38]


def test_packets_that_do_not_give_a_picture_each_are_named_where_only_their_number_tells_time(
    tmp_path,
):
    pictures = divx(packets(write(tmp_path / "plain.avi", 60, bf="1")))
    pictures[31:31] = [NOT_CODED, NOT_CODED]
    path = write_packets(tmp_path / "v.avi", pictures)
    with pytest.raises(DataError, match=r"v.avi: 62 packets gave 60 frames"):
        seen(path, [0.5])


def damaged(path, number):
    """Noise in the middle of one picture of a video; counted as they are stored."""
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][number]
        picture, place = bytes(packet), packet.pos
    content = bytearray(path.read_bytes())
    start, length = content.index(picture, place), len(picture)
    noise = np.random.default_rng(0).bytes(length // 2)
    content[start + length // 4 : start + length // 4 + length // 2] = noise
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["v.avi", "v.mp4", "v.mkv", "v.webm"])
def test_a_damaged_picture_is_named_in_decoding_and_not_before(tmp_path, name):
    path = damaged(write(tmp_path / name), 154)
    assert read_timeline(path).end == pytest.approx(10, abs=0.001)
    with pytest.raises(DataError, match=rf"{name}: (damaged|not a readable video)"):
        seen(path, [5.2])
    # Neither is what does not depend on it touched.
    assert seen(path, [1.01]) == [30]


def test_a_picture_that_builds_on_a_damaged_one_is_damaged(tmp_path):
    path = damaged(write(tmp_path / "v.avi"), 154)
    first = next(time for time in np.arange(154, 300) / RATE if _is_whole(path, time))
    keyframes = read_timeline(path).keyframes
    assert first == pytest.approx(next(time for time in keyframes if time > 154 / RATE))


def _is_whole(path, time):
    try:
        return bool(seen(path, [time]))
    except DataError:
        return False


@pytest.mark.parametrize("name", ["v.avi", "v.mp4", "v.mkv"])
def test_a_look_into_a_hole_names_it(tmp_path, name):
    path = write(tmp_path / name, 90, stamps=[*range(60), *range(120, 150)])
    for time in (2.0, 3.5, 3.99):
        with pytest.raises(DataError, match=rf"{name}: no frame from 2.00 to 4.00 s"):
            seen(path, [time])
    assert seen(path, [1.99, 4.0]) == [59, 60]


def test_a_look_after_the_last_picture_says_where_that_ends(tmp_path):
    path = write(tmp_path / "v.mp4", 30)
    with pytest.raises(DataError, match=r"v.mp4: no frame at 1.01 s, it ends at 1.00 s"):
        seen(path, [0.5, 1.01])


def test_stamps_that_go_backwards_are_named(tmp_path):
    # The packets of H.264 with B-frames, stamped as they come in the file.
    source = write(tmp_path / "plain.mp4", 30, bf="2")
    with av.open(str(source)) as read, av.open(str(tmp_path / "v.mkv"), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for number, packet in enumerate(p for p in read.demux(video=0) if p.size):
            packet.stream, packet.pts, packet.dts = stream, number * 512, number * 512
            written.mux(packet)
    with pytest.raises(DataError, match=r"v.mkv: its time stamps do not say"):
        seen(tmp_path / "v.mkv", [0.5])


SCENE = np.zeros((HEIGHT, 2 * HEIGHT, 3), np.uint8)
"""A red person on the left, a green one on the right; both dark below."""
SCENE[: HEIGHT // 2, :HEIGHT] = (200, 40, 40)
SCENE[: HEIGHT // 2, HEIGHT:] = (40, 200, 40)
ONE = 1 << 16


def with_matrix(path, stored, matrix):
    """A video of one picture, stored turned, with the matrix a, b, c, d that turns it back."""
    height, width, _ = stored.shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(stored), "rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content = bytearray(path.read_bytes())
    a, b, c, d = matrix
    place = content.index(b"tkhd") + 4 + 4 + 20 + 16
    struct.pack_into(">9i", content, place, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("stored", "matrix"),
    [
        (SCENE, (ONE, 0, 0, ONE)),
        (np.rot90(SCENE), (0, ONE, -ONE, 0)),
        (np.rot90(SCENE, 2), (-ONE, 0, 0, -ONE)),
        (np.rot90(SCENE, 3), (0, -ONE, ONE, 0)),
        (SCENE[:, ::-1], (-ONE, 0, 0, ONE)),
        (SCENE[::-1], (ONE, 0, 0, -ONE)),
        (SCENE.swapaxes(0, 1), (0, ONE, ONE, 0)),
    ],
    ids=["upright", "90", "180", "270", "mirrored", "upside down", "transposed"],
)
def test_a_picture_is_turned_as_its_matrix_says(tmp_path, stored, matrix):
    path = with_matrix(tmp_path / "v.mp4", stored, matrix)
    turns = [CropPlan(side, side, np.zeros(1)) for side in ("left", "right")]
    crops = dict(speaker_crops(path, turns, HEIGHT))
    for side, colour in {"left": (200, 40, 40), "right": (40, 200, 40)}.items():
        upper, lower = crops[side][0, :36, 4:-4], crops[side][0, 44:, 4:-4]
        np.testing.assert_allclose(upper.mean((0, 1)), colour, atol=8)
        assert lower.mean() < 12


def test_a_matrix_of_another_angle_is_named(tmp_path):
    path = with_matrix(tmp_path / "v.mp4", SCENE, (46341, 46341, -46341, 46341))
    with pytest.raises(
        DataError, match=r"v.mp4: its display matrix turns the picture by an angle other"
    ):
        list(speaker_crops(path, [CropPlan("u", "left", np.zeros(1))], HEIGHT))


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "grey"),
    [
        ("v.mp4", "libx264", "yuv420p10le", False),
        ("v.mp4", "libx264", "yuv444p", False),
        ("v.mp4", "libx264", "gray", True),
        ("v.mkv", "ffv1", "yuv422p12le", False),
        ("v.mkv", "ffv1", "gray16le", True),
        ("v.mkv", "ffv1", "bgr0", False),
        ("v.avi", "rawvideo", "bgr24", False),
        ("v.avi", "mjpeg", "yuvj420p", False),
        ("v.gif", "gif", "rgb8", False),
    ],
)
def test_every_kind_of_pixel_becomes_the_same_colour(tmp_path, name, codec, pixels, grey):
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.height, stream.width, stream.pix_fmt = *SCENE.shape[:2], pixels
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(SCENE, "rgb24").reformat(format=pixels)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    turns = [CropPlan("u", "left", np.zeros(1))]
    ((_, crops),) = speaker_crops(tmp_path / name, turns, HEIGHT)
    expected = [87.8] * 3 if grey else (200, 40, 40)  # .299 R + .587 G + .114 B
    np.testing.assert_allclose(crops[0, :36, 4:-4].mean((0, 1)), expected, atol=16)


def test_one_person_is_the_centre_of_the_whole_picture(tmp_path):
    path = with_matrix(tmp_path / "v.mp4", SCENE, (ONE, 0, 0, ONE))
    ((_, crops),) = speaker_crops(path, [CropPlan("u", "whole", np.zeros(1))], HEIGHT)
    left, right = crops[0, :36, : HEIGHT // 2 - 4], crops[0, :36, HEIGHT // 2 + 4 :]
    np.testing.assert_allclose(left.mean((0, 1)), (200, 40, 40), atol=8)
    np.testing.assert_allclose(right.mean((0, 1)), (40, 200, 40), atol=8)
