"""Machines where the usual folders cannot be written."""

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from emofusion import environment
from emofusion.environment import provide_numba_cache
from emofusion.errors import DataError
from emofusion.features import audio
from emofusion.joblog import job_log
from emofusion.training.device import local_folder


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """librosa and the home folder lie below a file, where nobody can write, not even root."""
    (tmp_path / "file").touch()
    source = tmp_path / "file/librosa/__init__.py"
    monkeypatch.setattr(environment, "find_spec", lambda name: SimpleNamespace(origin=str(source)))
    monkeypatch.setattr(environment, "provide_numba_cache", provide_numba_cache.__wrapped__)
    monkeypatch.setenv("HOME", str(tmp_path / "file/home"))
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "")  # as good as none
    return tmp_path


@pytest.fixture
def no_temporary_files(monkeypatch):
    """No folder for temporary files, as Python says it."""

    def none():
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", none)


def test_where_numba_could_write_nothing_it_gets_a_temporary_folder(machine, monkeypatch, caplog):
    environment.provide_numba_cache()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.is_dir()
    assert folder.parent == Path(tempfile.gettempdir())
    assert "NUMBA_CACHE_DIR or XDG_CACHE_HOME" in caplog.text
    # A folder that is named but cannot be written is replaced.
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(machine / "file/cache"))
    environment.provide_numba_cache()
    assert Path(os.environ["NUMBA_CACHE_DIR"]).is_dir()


@pytest.mark.parametrize("variable", ["NUMBA_CACHE_DIR", "XDG_CACHE_HOME"])
def test_a_folder_that_can_be_written_is_left_to_numba(machine, monkeypatch, variable):
    monkeypatch.setenv(variable, str(machine / "cache"))
    before = dict(os.environ)
    environment.provide_numba_cache()
    assert dict(os.environ) == before


def test_without_temporary_files_the_variable_is_named(machine, no_temporary_files):
    for ask in (environment.provide_numba_cache, lambda: local_folder("runs")):
        with pytest.raises(DataError, match=r"No usable temporary directory.*set TMPDIR"):
            ask()


def test_a_library_that_finds_no_temporary_files_ends_the_job_with_a_message(
    tmp_path, no_temporary_files
):
    with pytest.raises(SystemExit, match="set TMPDIR"), job_log(tmp_path / "log"):
        tempfile.TemporaryDirectory()


def test_locks_in_the_working_folder_are_mentioned(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    local_folder("runs")
    assert "set TMPDIR to a folder on the local disk" in caplog.text


@pytest.mark.parametrize(
    "use",
    [
        lambda path: audio.load_sound(path, 8000),
        lambda path: audio.mfcc(
            np.zeros(800), sample_rate=8000, n_mfcc=4, frame_seconds=0.025, step_seconds=0.01
        ),
    ],
    ids=["load_sound", "mfcc"],
)
def test_sound_is_read_with_a_folder_for_numba(tmp_path, monkeypatch, use):
    def provide():
        raise DataError("asked for")

    soundfile.write(tmp_path / "a.wav", np.zeros(1600), 16000)
    monkeypatch.setattr(audio, "provide_numba_cache", provide)
    with pytest.raises(DataError, match="asked for"):
        use(tmp_path / "a.wav")
