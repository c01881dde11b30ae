"""When the pictures of a video are shown, and that none is missing."""

import struct
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numbered import RATE, seen, write

from emofusion.errors import DataError
from emofusion.features.timeline import read_timeline

WHOLE = {
    "plain.avi": {},
    "B-frames.avi": {"bf": "2"},
    "H.264.avi": {"codec": "libx264", "bf": "2"},
    "JPEG.avi": {"codec": "mjpeg", "strict": "unofficial"},
    "plain.mp4": {},
    "fragments.mp4": {"muxer": {"movflags": "frag_keyframe+empty_moov"}},
    "plain.mov": {},
    "plain.mkv": {},
    "plain.webm": {},
    "no length.webm": {"muxer": {"live": "1"}},
    "plain.flv": {},
    "plain.ts": {},
    "plain.wmv": {},
    "sound.mp4": {"sound": (0, 12)},
    "sound.mkv": {"sound": (0, 12)},
    "later.mp4": {"stamps": range(150, 450)},
    "later.mkv": {"stamps": range(150, 450)},
    "later.ts": {"stamps": range(150, 450)},
    "all later.mkv": {"stamps": range(150, 450), "sound": (5, 16)},
}
"""Ten seconds each, whatever the clock of the file shows."""
LOOKS = [0, 0.5, 1 / 3, 2 / 3, 4.21, 8.85, 9.9]


@pytest.mark.parametrize("name", WHOLE)
def test_a_picture_is_that_of_its_time_in_every_container(tmp_path, name):
    path = write(tmp_path / name, **WHOLE[name])
    timeline = read_timeline(path)
    np.testing.assert_allclose(timeline.times, np.arange(300) / RATE, atol=0.001)
    assert timeline.end == pytest.approx(10, abs=0.001)
    assert timeline.hole(0, 10) is None
    numbers = [int(time * RATE + 1e-6) for time in LOOKS]
    assert seen(path, LOOKS) == numbers
    assert [seen(path, [time])[0] for time in LOOKS] == numbers  # with nothing decoded before


def test_time_counts_from_the_sound_where_that_begins_earlier(tmp_path):
    path = write(tmp_path / "v.mp4", stamps=range(150, 450), sound=(0, 16))
    timeline = read_timeline(path)
    assert (timeline.times[0], timeline.end) == (5, 15)
    assert timeline.hole(4.9, 6) == (0, 5)
    assert seen(path, [5, 6.01]) == [0, 30]


def test_pictures_that_an_editor_cut_away_do_not_count(tmp_path):
    path = write(tmp_path / "v.mp4")
    content = bytearray(path.read_bytes())
    # The edit list: 5,000 ms from tick 1,024 + 75 pictures of 512.
    struct.pack_into(">Ii", content, content.index(b"elst") + 12, 5000, 1024 + 75 * 512)
    path.write_bytes(content)
    assert read_timeline(path).end == 5
    assert seen(path, [0, 1.01, 4.9]) == [75, 105, 222]


def avi_length(content):
    """Where an AVI has its length in pictures."""
    return content.index(b"strh") + 40


@pytest.mark.parametrize("length", [0, 150])
def test_a_length_that_is_missing_or_too_short_does_no_harm(tmp_path, length):
    path = write(tmp_path / "v.avi")
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, avi_length(content), length)
    path.write_bytes(content)
    assert read_timeline(path).end == pytest.approx(10)
    assert seen(path, [9.5]) == [285]


def rewrite_index(path, change):
    """Give an AVI another index; `change` turns its entries (name, flags, place, size) into it."""
    content = path.read_bytes()
    start = content.index(b"idx1")
    entries = list(struct.iter_unpack("<4sIII", content[start + 8 :]))
    index = b"".join(struct.pack("<4sIII", *entry) for entry in change(entries))
    content = content[:start] + b"idx1" + struct.pack("<I", len(index)) + index
    path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: [],
        lambda entries: entries[:150],
        lambda entries: [(name, 16, *rest) for name, _, *rest in entries],
        lambda entries: entries[30:] + entries[:30],
        lambda entries: [(*e[:2], *r[2:]) for e, r in zip(entries, entries[::-1], strict=True)],
    ],
    ids=["missing", "cut off", "all keyframes", "shifted", "reversed"],
)
def test_an_index_that_is_wrong_does_no_harm(tmp_path, change):
    path = write(tmp_path / "v.avi")
    rewrite_index(path, change)
    assert read_timeline(path).end == pytest.approx(10)
    for time in (1.05, 5.5, 9.9):
        assert seen(path, [time]) == [int(time * RATE)]


def cut(part):
    return lambda content: content[: int(len(content) * part)]


def without_last_chunks(content):
    """An AVI without its last five pictures, which ends where a chunk ends, and without index."""
    start = content.index(b"idx1")
    entries = list(struct.iter_unpack("<4sIII", content[start + 8 :]))
    return content[: content.index(b"movi") + entries[-5][2]]


def with_longer_header(content):
    content = bytearray(content)
    struct.pack_into("<I", content, avi_length(content), 600)
    return bytes(content)


def with_damaged_chunk(content):
    """An AVI in which the header of one picture is lost."""
    content = bytearray(content)
    entries = list(struct.iter_unpack("<4sIII", content[content.index(b"idx1") + 8 :]))
    place = content.index(b"movi") + entries[150][2]
    content[place : place + 8] = b"\xa5" * 8
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "options", "damage", "message"),
    [
        ("v.avi", {}, cut(0.5), "damaged"),
        ("v.avi", {}, cut(0.85), "damaged"),
        ("v.avi", {}, without_last_chunks, "promises 300 pictures, the file holds 295"),
        ("v.avi", {}, with_longer_header, "promises 600 pictures, the file holds 300"),
        ("v.avi", {}, with_damaged_chunk, "promises 300 pictures, the file holds 299"),
        ("v.avi", {}, lambda content: content[:3000], "not a readable video file|no frame"),
        ("v.mp4", {}, cut(0.5), "not a readable video file"),  # its index is at the end
        ("v.mp4", {"muxer": {"movflags": "faststart"}}, cut(0.5), "damaged"),
        ("v.mp4", {"muxer": {"movflags": "faststart"}}, cut(0.97), "damaged"),
        ("v.mkv", {}, cut(0.5), r"promises 10.00 s, the file holds [45]\.\d\d s"),
        ("v.webm", {}, cut(0.5), r"promises 10.00 s, the file holds [45]\.\d\d s"),
        ("v.flv", {}, cut(0.5), "damaged"),
        ("v.h264", {}, lambda content: content, "no time stamps"),
        (
            "v.mjpeg",
            {"codec": "mjpeg", "strict": "unofficial"},
            lambda content: content,
            "no time stamps",
        ),
        ("v.wmv", {}, lambda content: content[:-9000], "promises a file of another size"),
    ],
)
def test_a_file_that_holds_less_than_it_promises_is_named(tmp_path, name, options, damage, message):
    path = write(tmp_path / name, **options)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=rf"{name}: .*({message})"):
        read_timeline(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries + [(b"00dc", 0, 10**6 + number, 9) for number in range(300)],
        lambda entries: [entry for entry in entries for _ in range(2)],
    ],
    ids=["more pictures", "later pictures"],
)
def test_an_index_of_more_than_there_is_names_the_file(tmp_path, change):
    path = write(tmp_path / "v.avi")
    rewrite_index(path, change)
    with pytest.raises(DataError, match=r"v.avi: cut off or damaged; its header or index"):
        read_timeline(path)


def test_a_header_that_does_not_match_is_named_where_no_index_confirms_the_pictures(tmp_path):
    path = write(tmp_path / "v.avi")
    rewrite_index(path, lambda entries: [])
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, avi_length(content), 150)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"promises 150 pictures, the file holds 300"):
        read_timeline(path)


def test_titles_may_be_in_any_encoding(tmp_path):
    path = tmp_path / "v.avi"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Gesprache"
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.height, stream.width, stream.pix_fmt = 16, 16, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes().replace(b"Gesprache", "Gespräche".encode("latin-1")))
    assert read_timeline(path).end == pytest.approx(1 / RATE)


@pytest.mark.parametrize(
    "name", ["12:30.avi", "file:v.mp4", "v%03d.avi", "-v.mp4", "Gespräch 1.mkv"]
)
def test_a_file_is_opened_as_it_is_named(tmp_path, monkeypatch, name):
    write(tmp_path / f"plain{Path(name).suffix}", 30).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert read_timeline(Path(name)).end == pytest.approx(1, abs=0.001)
    assert seen(Path(name), [0.5]) == [15]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer"),
        (bytes(range(200)), "Invalid data"),
    ],
)
def test_what_is_no_video_is_named_by_what_it_is(tmp_path, content, message):
    (tmp_path / "v.avi").write_bytes(content)
    with pytest.raises(DataError, match=rf"v.avi: not a readable video file \(({message})"):
        read_timeline(tmp_path / "v.avi")


def test_a_folder_and_a_single_picture_are_no_video(tmp_path):
    with pytest.raises(DataError, match=r"not a readable video file \(it is a folder\)"):
        read_timeline(tmp_path)
    with av.open(str(tmp_path / "v.png"), "w", format="image2", options={"update": "1"}) as one:
        stream = one.add_stream("png", rate=RATE)
        stream.height, stream.width, stream.pix_fmt = 16, 16, "rgb24"
        one.mux(stream.encode(av.VideoFrame(16, 16, "rgb24")))
        one.mux(stream.encode(None))
    with pytest.raises(DataError, match=r"v.png: is a single picture; expected a video"):
        read_timeline(tmp_path / "v.png")


def test_a_file_without_pictures_is_named(tmp_path):
    soundfile.write(tmp_path / "v.wav", np.zeros(16000), 16000)
    with pytest.raises(DataError, match=r"v.wav: no video in this file"):
        read_timeline(tmp_path / "v.wav")
    with pytest.raises(DataError, match=r"no.avi: no such file"):
        read_timeline(tmp_path / "no.avi")


GAP = [number if number < 150 else number + 150 for number in range(300)]


@pytest.mark.parametrize("name", ["v.avi", "v.mp4", "v.mkv", "v.ts"])
def test_a_hole_between_the_pictures_is_known(tmp_path, name):
    path = write(tmp_path / name, stamps=GAP)
    timeline = read_timeline(path)
    assert timeline.end == pytest.approx(15, abs=0.001)
    assert timeline.hole(0, 15) == pytest.approx((5, 10), abs=0.001)
    assert timeline.hole(4.5, 5.5) == timeline.hole(5.5, 6) == timeline.hole(9.9, 12)
    assert timeline.hole(3, 5) is timeline.hole(10, 12) is None
    assert seen(path, [4.99, 10.01]) == [149, 150]


@pytest.mark.parametrize(
    "stamps",
    [range(0, 1200, 60), [*range(100), *range(129, 200)]],
    ids=["a picture every two seconds", "29 pictures dropped"],
)
def test_few_pictures_a_second_are_no_holes(tmp_path, stamps):
    path = write(tmp_path / "v.mp4", len(stamps), stamps=stamps)
    timeline = read_timeline(path)
    assert timeline.hole(0, timeline.end) is None
    number = len(stamps) // 2
    assert seen(path, [stamps[number] / RATE + 0.01]) == [number]


def test_a_last_picture_that_stands_still_is_a_hole_up_to_the_end(tmp_path):
    # Those before the gap: the last of them is stored with a duration of five seconds.
    source = write(tmp_path / "plain.mp4", stamps=GAP, bf="0")
    with av.open(str(source)) as read, av.open(str(tmp_path / "v.mp4"), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in islice(read.demux(video=0), 150):
            packet.stream = stream
            written.mux(packet)
    timeline = read_timeline(tmp_path / "v.mp4")
    assert timeline.end == pytest.approx(10)
    assert timeline.hole(0, 10) == pytest.approx((5, 10))


def test_an_unfinished_recording_without_length_and_index_is_its_pictures(tmp_path):
    path = write(tmp_path / "v.avi")
    content = bytearray(path.read_bytes())
    content = content[: content.index(b"idx1")]
    struct.pack_into("<I", content, 4, 0)
    struct.pack_into("<I", content, avi_length(content), 0)
    path.write_bytes(content)
    assert read_timeline(path).end == pytest.approx(10)
    assert seen(path, [9.5]) == [285]


def test_nothing_is_decoded(tmp_path, monkeypatch):
    path = write(tmp_path / "v.avi")
    monkeypatch.delattr(av.container.InputContainer, "decode")
    assert len(read_timeline(path).times) == 300
