"""An utterance's span as browsers play it."""

from math import inf, nan

import av
import numpy as np
import pandas as pd
import pytest
import soundfile
from numbered import HEIGHT, WIDTH, seen, write

from emofusion.errors import DataError
from emofusion.reporting.explorer.media import (
    Cache,
    NoRecording,
    Recording,
    media_folder,
    recording,
    sound_webm,
    write_webm,
)


def seconds(path):
    with av.open(str(path)) as container:
        return container.duration / av.time_base


def codecs(path):
    with av.open(str(path)) as container:
        return [stream.codec_context.name for stream in container.streams]


def first_picture(path):
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def wav(path, length):
    soundfile.write(path, np.zeros(int(length * 16000)), 16000)
    return path


@pytest.mark.parametrize("name", ["v.avi", "v.mp4"])
def test_the_pictures_of_the_span_are_cut_out(tmp_path, name):
    # Picture n is shown from n / 30 s on. Bars are read from the half without a line.
    source = Recording(write(tmp_path / name), None, 2.01, 3.01, "right")
    write_webm(source, tmp_path / "cut.webm")
    assert seconds(tmp_path / "cut.webm") == pytest.approx(1.0, abs=0.04)
    assert seen(tmp_path / "cut.webm", [0, 0.5, 0.95]) == [60, 75, 88]


def test_the_sound_is_that_of_the_wav(tmp_path):
    source = Recording(write(tmp_path / "v.avi"), wav(tmp_path / "u.wav", 1.5), 2, 3.5)
    write_webm(source, tmp_path / "cut.webm")
    assert codecs(tmp_path / "cut.webm") == ["vp8", "opus"]
    assert seconds(tmp_path / "cut.webm") == pytest.approx(1.5, abs=0.04)


def test_without_a_wav_the_sound_is_that_of_the_video(tmp_path):
    source = Recording(write(tmp_path / "v.mp4", sound=(0, 10)), None, 2, 3)
    write_webm(source, tmp_path / "cut.webm")
    assert codecs(tmp_path / "cut.webm") == ["vp8", "opus"]
    assert seconds(tmp_path / "cut.webm") == pytest.approx(1.0, abs=0.1)


def test_without_a_video_there_is_only_sound(tmp_path):
    write_webm(Recording(None, wav(tmp_path / "u.wav", 1.5), 2, 3.5), tmp_path / "cut.webm")
    assert codecs(tmp_path / "cut.webm") == ["opus"]
    assert seconds(tmp_path / "cut.webm") == pytest.approx(1.5, abs=0.04)


@pytest.mark.parametrize(("side", "left", "right"), [("left", 1, 0), ("right", 0, 1)])
def test_a_yellow_line_surrounds_the_half_of_the_speaker(tmp_path, side, left, right):
    write_webm(Recording(write(tmp_path / "v.avi", 30), None, 0, 1, side), tmp_path / "cut.webm")
    bottom = first_picture(tmp_path / "cut.webm")[HEIGHT - 2].astype(int)
    yellow = bottom[:, 0] - bottom[:, 2] > 100  # red without blue; the pictures are grey
    assert yellow[4 : WIDTH // 2 - 4].mean() == left
    assert yellow[WIDTH // 2 + 4 : -4].mean() == right


def test_a_whole_picture_has_no_line(tmp_path):
    write_webm(Recording(write(tmp_path / "v.avi", 30), None, 0, 1), tmp_path / "cut.webm")
    picture = first_picture(tmp_path / "cut.webm").astype(int)
    assert np.abs(picture[..., 0] - picture[..., 2]).max() < 50


def test_a_broken_video_is_named_and_leaves_nothing(tmp_path):
    (tmp_path / "v.avi").write_bytes(b"no video at all")
    with pytest.raises(DataError, match=r"v\.avi: not a readable video file"):
        write_webm(Recording(tmp_path / "v.avi", None, 0, 1), tmp_path / "cut.webm")
    assert [path.name for path in tmp_path.iterdir()] == ["v.avi"]


def test_a_broken_wav_is_named(tmp_path):
    (tmp_path / "u.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"u\.wav: its sound cannot be read"):
        write_webm(Recording(None, tmp_path / "u.wav"), tmp_path / "cut.webm")


def test_a_recording_without_a_sample_is_named(tmp_path):
    with pytest.raises(DataError, match=r"u\.wav: no picture or sound between 2\.00 and 3\.00 s"):
        write_webm(Recording(None, wav(tmp_path / "u.wav", 0), 2, 3), tmp_path / "cut.webm")


def test_the_second_time_the_file_comes_from_the_cache(tmp_path):
    cache, sound = Cache(tmp_path / "cache"), wav(tmp_path / "u.wav", 0.5)
    path = cache.webm("a/../b", Recording(None, sound))
    assert path.parent == tmp_path / "cache"
    sound.unlink()
    assert cache.webm("a/../b", Recording(None, sound)) == path


def test_an_utterance_without_files_says_what_was_expected(tmp_path):
    row = {"utterance_id": "u1", "audio_path": "wav/u1.wav", "video_path": ""}
    with pytest.raises(NoRecording, match=r"u1: no recording; expected .*wav/u1\.wav"):
        recording(row, tmp_path)


def test_sound_to_embed_is_small_and_the_same_each_time(tmp_path):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 32000)
    soundfile.write(tmp_path / "u.wav", noise, 16000)
    source = Recording(None, tmp_path / "u.wav")
    sound = sound_webm(source)
    assert sound == sound_webm(source)
    assert len(sound) < 2 * 2 * 24000 / 8  # noise takes more than speech, of which 2 s are 6 kB
    (tmp_path / "u.webm").write_bytes(sound)
    assert seconds(tmp_path / "u.webm") == pytest.approx(2.0, abs=0.04)


def test_the_span_of_a_long_recording_is_heard(tmp_path):
    wav(tmp_path / "long.wav", 9)
    row = pd.Series({"audio_path": "long.wav", "audio_start": 2.0, "audio_end": 4.5, "start": nan})
    found = recording(row, tmp_path)
    assert (found.start, found.end) == (0, inf)
    write_webm(found, tmp_path / "cut.webm")
    assert seconds(tmp_path / "cut.webm") == pytest.approx(2.5, abs=0.1)


def test_sound_inside_a_video_is_not_a_second_recording(tmp_path):
    write(tmp_path / "v.mp4", sound=(0, 10))
    row = pd.Series({"audio_path": "v.mp4", "video_path": "v.mp4", "start": 1.0, "end": 2.0})
    assert recording(row, tmp_path) == Recording(tmp_path / "v.mp4", None, 1.0, 2.0, "whole")


def test_paths_of_a_table_are_relative_to_its_folder(tmp_path):
    (tmp_path / "corpus.csv").touch()
    assert media_folder(tmp_path / "corpus.csv") == tmp_path
