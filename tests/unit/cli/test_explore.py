"""The command that serves the page, or writes one that holds the corpus's words."""

import io
import os
import re
import signal
import subprocess
import sys
import urllib.request

import numpy as np
import pytest
import soundfile
from explored import SETTINGS, write_results

from emofusion.cli.app import main
from emofusion.reporting.explorer.build import results_data
from emofusion.reporting.explorer.page import read_embedded_json, render


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A corpus, and beside it results with a page, in the working folder."""
    monkeypatch.chdir(tmp_path)
    page = render(results_data(write_results(tmp_path / "results"), **SETTINGS))
    (tmp_path / "results/report/explore.html").write_text(page)
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(1, 9):
        soundfile.write(folder / f"u{number}.wav", np.zeros(16000), 16000)
    return folder


def test_the_page_is_served_until_ctrl_c(corpus):
    command = [sys.executable, "-m", "emofusion", "explore", "--no-browser", "--corpus", "corpus"]
    # Programs started in the background of a shell ignore Ctrl-C, and their children do.
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    address = re.match(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())[0]
    with urllib.request.urlopen(address) as answer:
        assert b"Self minus Cross" in answer.read()
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=30) == 0
    process.stdout.close()


def test_words_are_embedded_after_a_word_on_size_and_licence(corpus, capsys):
    assert main(["explore", "--corpus", "corpus", "--embed", "transcripts", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "for 8 utterances" in said
    assert "licence" in said
    page = (corpus.parent / "results/report/explore_transcripts.html").read_text()
    assert read_embedded_json(page, "extra")["transcripts"]["u6"] == "</script>"


def test_sound_is_embedded_as_large_as_was_said(corpus, capsys):
    assert main(["explore", "--corpus", "corpus", "--embed", "audio", "--yes"]) == 0
    audio = read_embedded_json(
        (corpus.parent / "results/report/explore_audio.html").read_text(), "extra"
    )["audio"]
    assert sorted(audio) == [f"u{number}" for number in range(1, 9)]
    assert all(sound.startswith("data:audio/webm;base64,") for sound in audio.values())


def test_without_a_word_of_consent_nothing_is_written(corpus, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert main(["explore", "--corpus", "corpus", "--embed", "audio"]) == 1
    assert not (corpus.parent / "results/report/explore_audio.html").exists()


def test_without_a_corpus_the_option_is_named(corpus, capsys):
    assert main(["explore", "--no-browser"]) == 2
    assert "--corpus" in capsys.readouterr().err
