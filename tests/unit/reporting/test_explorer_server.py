"""The server of the page: who may ask, and for what."""

import _thread
import http.client
import json
import signal
import threading

import numpy as np
import pytest
import soundfile

from emofusion.errors import DataError
from emofusion.reporting.explorer.extra import read_votes
from emofusion.reporting.explorer.server import Server, byte_range, serve

TABLE = """utterance_id,transcript,valence,activation,dominance,start,end,audio_path,video_path
u1,Fine.,3.5,2.5,3.0,0.0,1.0,u1.wav,
u2,,,,,0.0,1.0,u2.wav,u2.avi
u3,Gone.,1.0,1.0,1.0,0.0,1.0,u3.wav,
"""


@pytest.fixture
def folders(tmp_path):
    results, corpus = tmp_path / "results", tmp_path / "corpus"
    for folder in (results / "corpus", results / "report", corpus):
        folder.mkdir(parents=True)
    (results / "corpus" / "selected.csv").write_text(TABLE)
    (results / "report" / "explore.html").write_text("<p>The page")
    soundfile.write(corpus / "u1.wav", np.zeros(8000), 16000)
    (corpus / "u2.avi").write_text("no video")
    (corpus / "secret.txt").write_text("hidden words")
    return results, corpus


@pytest.fixture
def server(folders, tmp_path):
    with Server(*folders, 0, tmp_path / "cache") as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def get(server, path, **headers):
    """Status, headers and content of an answer; the path goes out as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def test_the_page_and_what_the_corpus_adds_are_served(server):
    assert get(server, "/")[2] == b"<p>The page"
    assert json.loads(get(server, "/extra.json")[2]) == {
        "transcripts": {"u1": "Fine.", "u2": "", "u3": "Gone."},
        "ratings": {
            "u1": {"valence": 3.5, "activation": 2.5, "dominance": 3.0},
            "u3": {"valence": 1.0, "activation": 1.0, "dominance": 1.0},
        },
        "media": True,
    }


def test_only_this_computer_is_bound(server):
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_another_host_name_is_refused(server):
    port = server.server_port
    assert get(server, "/", Host=f"localhost:{port}")[0] == 200
    for host in (f"evil.example:{port}", "127.0.0.1", f"localhost:{port + 1}", ""):
        assert get(server, "/extra.json", Host=host)[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/media/../secret.txt",
        "/media/..%2Fsecret.txt",
        "/media/secret.txt",
        "/media/u1.wav",
        "/media/",
        "/secret.txt",
        "/../corpus/selected.csv",
        "//etc/passwd",
    ],
)
def test_paths_are_not_found(server, path):
    status, headers, content = get(server, path)
    assert status == 404
    assert headers["Content-Type"].startswith("text/plain")
    assert b"hidden words" not in content


def test_an_utterance_without_its_file_is_not_found(server):
    status, _, content = get(server, "/media/u3")
    assert status == 404
    assert b"u3: no recording; expected" in content


def test_a_broken_video_is_explained(server):
    status, _, content = get(server, "/media/u2")
    assert status == 500
    assert b"u2.avi: not a readable video file" in content
    assert b"Traceback" not in content


def test_a_browser_may_ask_for_a_part(server):
    whole = get(server, "/media/u1")
    assert (whole[0], whole[1]["Content-Type"]) == (200, "video/webm")
    size = len(whole[2])
    status, headers, part = get(server, "/media/u1", Range="bytes=10-19")
    assert (status, part) == (206, whole[2][10:20])
    assert headers["Content-Range"] == f"bytes 10-19/{size}"
    status, headers, part = get(server, "/media/u1", Range=f"bytes={size}-")
    assert (status, headers["Content-Range"], part) == (416, f"bytes */{size}", b"")


def test_the_second_request_is_answered_from_the_cache(server, tmp_path):
    first = get(server, "/media/u1")[2]
    (tmp_path / "corpus" / "u1.wav").write_text("changed")
    assert get(server, "/media/u1")[2] == first


@pytest.fixture
def ctrl_c():
    """Ctrl-C interrupts, also where the tests run in the background and ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_it_and_removes_the_cache(folders, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    caches = []

    def ready(url):
        caches.extend(temporary.iterdir())
        _thread.interrupt_main()  # as Ctrl-C does

    serve(*folders, ready=ready)
    assert len(caches) == 1
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["report/explore.html", "corpus/selected.csv"])
def test_without_the_page_or_the_table_nothing_starts(folders, tmp_path, name):
    (folders[0] / name).unlink()
    with pytest.raises(DataError, match=rf"{name}: no such file"):
        Server(*folders, 0, tmp_path / "cache")


def test_a_port_in_use_is_named(server, folders, tmp_path):
    port = server.server_port
    with pytest.raises(DataError, match=rf"port {port}: cannot be used"):
        Server(*folders, port, tmp_path / "cache")


@pytest.mark.parametrize(
    ("header", "positions"),
    [
        ("bytes=0-1", range(2)),
        ("bytes=4-99", range(4, 10)),
        ("bytes=7-", range(7, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("bytes=10-", range(0)),
        ("bytes=-0", range(0)),
        ("", None),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,4-5", None),
    ],
)
def test_positions_of_a_range(header, positions):
    assert byte_range(header, 10) == positions


def test_votes_are_the_labels_of_the_wanted_utterances(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text(
        "utterance_id,annotator,kind,label,valence,activation,dominance\n"
        "u1,E2,external,fru,,,\nu1,E3,external,ang;fru,2,3,4\nu1,F1,self,oth,,,\n"
        "u2,E2,external,neu,,,\nu1,E4,external,,1,1,1\n"
    )
    assert read_votes(path, ["u1"]) == {"u1": {"E2": "fru", "E3": "ang, fru", "F1": "oth"}}


def test_without_raters_there_are_no_votes(tmp_path):
    assert read_votes(tmp_path / "ratings.csv", ["u1"]) == {}
