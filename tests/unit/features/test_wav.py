"""Wav files: whole ones are measured, all others are named."""

import io
import struct

import numpy as np
import pytest
import soundfile

from emofusion.errors import DataError
from emofusion.features.wav import wav_header

SOUND = np.random.default_rng(0).normal(0, 0.1, 2000)


def written(container="WAV", subtype=None, endian=None, sound=SOUND):
    file = io.BytesIO()
    soundfile.write(file, sound, 16000, format=container, subtype=subtype, endian=endian)
    return file.getvalue()


GOOD = written()  # 44 bytes of header, 4000 of sound
FORMAT, PCM = GOOD[12:36], GOOD[44:]


def part(name, content, size=None):
    pad = b"\0" * (len(content) % 2)
    return name + struct.pack("<I", len(content) if size is None else size) + content + pad


def riff(*parts, size=None):
    """A wav file of parts after its format; `size`: what it says about its own length."""
    body = b"WAVE" + FORMAT + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


DATA = part(b"data", PCM)
LIST = part(b"LIST", b"INFO" + part(b"INAM", b"a title"))


@pytest.fixture
def header(tmp_path):
    def header(content):
        (tmp_path / "a.wav").write_bytes(content)
        return wav_header(tmp_path / "a.wav")

    return header


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOOD, id="as soundfile writes it"),
        pytest.param(riff(LIST, DATA), id="parts before the sound"),
        pytest.param(riff(part(b"JUNK", b"odd"), DATA), id="a part of odd length"),
        pytest.param(riff(DATA, LIST), id="parts after the sound"),
        pytest.param(riff(DATA, size=0), id="its own length was never written"),
        pytest.param(riff(DATA, size=0xFFFFFFFF), id="its own length is unknown"),
        pytest.param(riff(DATA, size=2036), id="its own length is too small"),
        pytest.param(riff(DATA, size=4044), id="its own length counts the first 8 bytes"),
        pytest.param(riff(DATA, LIST, size=4036), id="parts beyond its own length"),
        pytest.param(written("RF64"), id="64-bit lengths"),
        pytest.param(written(endian="BIG"), id="big-endian"),
        pytest.param(written(subtype="FLOAT"), id="floating point"),
        pytest.param(written(subtype="ULAW"), id="mu-law"),
    ],
)
def test_of_a_whole_file_samples_and_rate_are_told(header, content):
    assert header(content) == (2000, 16000)


@pytest.mark.parametrize("content", [written(sound=[]), riff(part(b"data", b"")), riff(
    part(b"data", b""), LIST)])  # fmt: skip
def test_an_empty_recording_has_no_samples(header, content):
    assert header(content) == (0, 16000)


@pytest.mark.parametrize("keep", [20, 36, 43, 44, 45, 1044, 4042, 4043])
def test_a_file_that_was_cut_off_is_refused_wherever_that_happened(header, keep):
    with pytest.raises(DataError, match=r"a\.wav: cut off"):
        header(GOOD[:keep])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(written("RF64")[:-1], id="64-bit lengths"),
        pytest.param(written(endian="BIG")[:-1], id="big-endian"),
        pytest.param(written(subtype="IMA_ADPCM")[:-1], id="compressed"),
        pytest.param(riff(DATA, LIST)[:-5], id="in a part after the sound"),
        pytest.param(riff(part(b"data", PCM, 4044)), id="a length that counts the header too"),
    ],
)
def test_what_a_part_promises_must_be_there(header, content):
    with pytest.raises(DataError, match=r"a\.wav: cut off: its part '\w+' promises \d+ bytes, \d+"):
        header(content)


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x80000000, 0xFFFFFFFF])
def test_a_streamed_or_unfinished_recording_has_no_length(header, size):
    with pytest.raises(DataError, match=r"does not say how long the sound is.*write it again"):
        header(riff(part(b"data", PCM, size)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(riff(part(b"data", PCM, 1000)), id="more sound than the header says"),
        pytest.param(GOOD + GOOD, id="two files"),
        pytest.param(riff(DATA, DATA), id="sound twice"),
        pytest.param(GOOD + bytes(512), id="zeros at the end"),
    ],
)
def test_what_no_part_explains_is_refused(header, content):
    with pytest.raises(DataError, match=r"bytes from byte .* not part of the recording"):
        header(content)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "it is an empty file"),
        (b"RIFF", "it begins with"),
        (bytes(5000), "it is nothing but zero bytes"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "it is a web page"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 64044\n",
            r"it is a Git LFS pointer \(`git lfs pull` fetches the file\)",
        ),
        (b"RIFF\x00\x10\x00\x00AVI LIST", "it begins with"),
        (b"\x00\x00\x00\x18ftypmp42", "it begins with"),
        *(
            (written(container), "it begins with")
            for container in ("MP3", "FLAC", "OGG", "AIFF", "W64", "NIST")
        ),
    ],
)
def test_another_kind_of_file_is_refused_with_what_it_is(header, content, found):
    with pytest.raises(DataError, match=rf"a\.wav: not a readable wav file \({found}"):
        header(content)


def test_sound_before_its_format_is_refused(header):
    body = b"WAVE" + DATA + FORMAT
    with pytest.raises(DataError, match=r"a\.wav: not a readable wav file"):
        header(b"RIFF" + struct.pack("<I", len(body)) + body)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.wav: cannot be read \(No such file"):
        wav_header(tmp_path / "none.wav")
