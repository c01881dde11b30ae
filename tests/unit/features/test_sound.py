"""The sound of recordings in any format, as one channel."""

import av
import numpy as np
import pytest
import soundfile

from emofusion.errors import DataError
from emofusion.features.sound import read_sound, sound_header

RATE = 16_000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32)


def write(path, *channels):
    soundfile.write(path, np.stack(channels, axis=1), RATE, **FORMATS.get(path.suffix, {}))
    return path


FORMATS = {".wav": {"subtype": "FLOAT"}}
LOSSY = {".mp3", ".ogg"}


def write_video(path, layout, channel, seconds=2, delay=0.0):
    """A video of black pictures whose sound is a tone in one channel, beginning after `delay`."""
    rate = 48_000
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width = pictures.height = 16
        sound = container.add_stream("pcm_s16le", rate=rate, layout=layout)
        for number in range(10 * seconds):
            frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
            frame.pts = number
            container.mux(pictures.encode(frame))
        channels = len(sound.layout.channels)
        tone = (2**14 * np.sin(2 * np.pi * 440 * np.arange(seconds * rate) / rate)).astype(np.int16)
        samples = np.zeros((seconds * rate, channels), np.int16)
        samples[:, channel] = tone
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.rate, frame.pts = rate, round(delay * rate)
        container.mux(sound.encode(frame))
        for stream in (pictures, sound):
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff", ".ogg", ".mp3"])
def test_every_format_gives_its_samples_and_rate(tmp_path, suffix):
    path = write(tmp_path / f"tone{suffix}", TONE)
    assert sound_header(path) == (2 * RATE, RATE)
    signal, rate = read_sound(path)
    assert (len(signal), rate) == (2 * RATE, RATE)
    tolerance = 0.05 if suffix in LOSSY else 1e-4
    np.testing.assert_allclose(signal, TONE, atol=tolerance)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_two_channels_are_averaged(tmp_path, suffix):
    signal, _ = read_sound(write(tmp_path / f"two{suffix}", TONE, np.zeros_like(TONE)))
    np.testing.assert_allclose(signal, TONE / 2, atol=1e-4)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_a_tone_in_the_centre_of_six_channels_is_heard(tmp_path, suffix):
    silent = np.zeros_like(TONE)
    signal, _ = read_sound(
        write(tmp_path / f"six{suffix}", silent, silent, TONE, silent, silent, silent)
    )
    # FFmpeg mixes 5.1 with the weights 1 (centre), sqrt(1/2) (left, right) and 1/2 (surrounds),
    # divided by their sum.
    np.testing.assert_allclose(signal, TONE / (1 + 2 * np.sqrt(0.5) + 2 * 0.5), atol=1e-4)


def test_the_sound_of_a_video_is_read(tmp_path):
    signal, rate = read_sound(write_video(tmp_path / "talk.mov", "stereo", 0))
    assert (len(signal), rate) == (96_000, 48_000)
    assert np.abs(signal).max() == pytest.approx(0.25, abs=1e-3)


def test_sound_that_begins_after_the_pictures_stays_in_time_with_them(tmp_path):
    signal, rate = read_sound(write_video(tmp_path / "late.mkv", "mono", 0, delay=0.5))
    assert np.flatnonzero(np.abs(signal) > 0.01)[0] / rate == pytest.approx(0.5, abs=0.01)
    assert len(signal) / rate == pytest.approx(2.5, abs=0.01)


@pytest.mark.parametrize("name", ["long.wav", "long.flac"])
def test_a_span_is_that_part_of_the_recording(tmp_path, name):
    path = write(tmp_path / name, TONE)
    whole, _ = read_sound(path)
    signal, _ = read_sound(path, 0.5, 1.25)
    np.testing.assert_array_equal(signal, whole[8_000:20_000])
    np.testing.assert_array_equal(read_sound(path, 1.5)[0], whole[24_000:])
    assert len(read_sound(path, 3.0, 4.0)[0]) == 0


def damaged(path, content):
    path.write_bytes(content)
    return path


def test_a_file_without_sound_is_named_with_what_it_is(tmp_path):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    for content, kind in ((b"", "an empty file"), (pointer, "a Git LFS pointer")):
        with pytest.raises(DataError, match=rf"clip\.mp4: its sound cannot be read, it is {kind}"):
            sound_header(damaged(tmp_path / "clip.mp4", content))
    with pytest.raises(DataError, match=r"none\.mp3: .* it is no such file"):
        sound_header(tmp_path / "none.mp3")


def test_a_recording_that_is_cut_off_is_refused(tmp_path):
    aiff = write(tmp_path / "tone.aiff", TONE).read_bytes()
    with pytest.raises(DataError, match=r"cut\.aiff: cut off: its header promises \d+ bytes"):
        sound_header(damaged(tmp_path / "cut.aiff", aiff[: len(aiff) // 2]))
    flac = write(tmp_path / "tone.flac", TONE).read_bytes()
    with pytest.raises(DataError, match=r"cut\.flac: its sound cannot be decoded"):
        sound_header(damaged(tmp_path / "cut.flac", flac[: len(flac) // 2]))
    video = write_video(tmp_path / "talk.mkv", "mono", 0).read_bytes()
    with pytest.raises(DataError, match=r"cut\.mkv: .*(cut off|cannot be read)"):
        sound_header(damaged(tmp_path / "cut.mkv", video[: len(video) // 2]))
