"""The reader of the IEMOCAP release."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from emofusion.corpora.iemocap.reading import (
    parse_labels,
    parse_transcripts,
    read_release,
    read_session,
)
from emofusion.corpora.iemocap.release import session_fingerprint
from emofusion.errors import DataError
from emofusion.schemas import UTTERANCES

HERE = Path("here.txt")
DIALOG = "Ses05M_script01_1b"

LABELS = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[8.3000 - 9.1000]\tSes05M_script01_1b_M000\tang\t[1.5000, 4.0000, 4.5000]
C-E2:\tAnger;\t()
A-E3:\tval 1; act 4; dom  5;\t()

[6.2901 - 8.2357]\tSes05M_script01_1b_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
"""
TRANSCRIPT = """Ses05M_script01_1b_F000 [006.2901-008.2357]: Excuse me.
M: Sorry.
Ses05M_script01_1b_MXX0 [009.2000-009.5000]: Mm-hmm.
"""


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def release(tmp_path):
    """One dialog of session 5, with what else lies about."""
    root = tmp_path / "IEMOCAP_full_release"
    dialog = root / "Session5/dialog"
    write(dialog / "EmoEvaluation/Ses05M_script01_1b.txt", LABELS)
    write(dialog / "EmoEvaluation/._Ses05M_script01_1b.txt", b"\x00\x05\x16\x07")
    write(dialog / "EmoEvaluation/Categorical/Ses05M_script01_1b_e2_cat.txt", "not a label")
    write(dialog / "transcriptions/Ses05M_script01_1b.txt", TRANSCRIPT)
    write(dialog / "transcriptions/._Ses05M_script01_1b.txt", b"\x00\x05\x16\x07")
    return root


def test_a_labelled_utterance_is_read_whole(release):
    table = read_release(release)
    assert list(table.columns) == UTTERANCES
    assert table.iloc[0].to_dict() == {
        "utterance_id": "Ses05M_script01_1b_F000",
        "dialog": "Ses05M_script01_1b",
        "session": 5,
        "speaker": "Ses05F",
        "gender": "F",
        "method": "scripted",
        "start": 6.2901,
        "end": 8.2357,
        "label": "neu",
        "valence": 2.5,
        "activation": 2.5,
        "dominance": 2.5,
        "transcript": "Excuse me.",
        "audio_path": "Session5/sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b_F000.wav",
        "video_path": "Session5/dialog/avi/DivX/Ses05M_script01_1b.avi",
        "video_side": "right",
    }


def test_the_actor_with_the_markers_is_on_the_left(release):
    table = read_release(release).set_index("utterance_id")
    assert table.loc["Ses05M_script01_1b_M000", "video_side"] == "left"


def test_utterances_without_a_label_or_a_transcript_are_rows_too(release):
    table = read_release(release).set_index("utterance_id")
    assert list(table.index.str[-4:]) == ["F000", "M000", "MXX0"]
    assert list(table["label"]) == ["neu", "ang", ""]
    assert list(table["transcript"]) == ["Excuse me.", "", "Mm-hmm."]
    unlabelled = table.loc["Ses05M_script01_1b_MXX0"]
    assert (unlabelled["start"], unlabelled["end"]) == (9.2, 9.5)
    assert pd.isna(unlabelled["valence"])


def test_windows_line_ends_and_latin_1_are_read(release):
    path = release / "Session5/dialog/transcriptions/Ses05M_script01_1b.txt"
    text = TRANSCRIPT.replace("Excuse me.", "Café, olé.").replace("\n", "\r\n")
    path.write_bytes(text.encode("latin-1"))
    assert read_release(release).loc[0, "transcript"] == "Café, olé."


SAID = "I don\u2019t know\u2026 caf\u00e9."


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "cp1252"),
        (b"", "utf-8"),
        (b"", "utf-8-sig"),
        (b"", "utf-16"),
        (b"\xfe\xff", "utf-16-be"),
        (b"", "utf-32"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_text_is_read_in_the_encoding_that_it_is_in(release, mark, encoding):
    for kind in ("transcriptions", "EmoEvaluation"):
        path = release / f"Session5/dialog/{kind}/{DIALOG}.txt"
        text = path.read_text().replace("Excuse me.", SAID)
        path.write_bytes(mark + text.encode(encoding))
    row = read_release(release).iloc[0]
    assert (row["label"], row["transcript"]) == ("neu", SAID)


def test_each_line_is_in_its_own_encoding_and_latin_1_controls_are_windows_characters(release):
    path = release / f"Session5/dialog/transcriptions/{DIALOG}.txt"
    lines = {"M000": SAID.encode(), "M001": SAID.encode("cp1252"), "M002": b"don\xc2\x92t"}
    write(path, b"\n".join(b"%s_%s [1.0-2.0]: %s" % (DIALOG.encode(), turn.encode(), said)
                           for turn, said in lines.items()))  # fmt: skip
    said = read_release(release).set_index("utterance_id")["transcript"]
    assert list(said[f"{DIALOG}_M000" :]) == [SAID, SAID, "don\u2019t"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (b"don\x81t", r"line 1: holds '\\x81', which is not text"),
        (b"don\xef\xbf\xbdt", "line 1: holds '\ufffd', which is not text"),
        (SAID.encode().decode("cp1252").encode(), "UTF-8 that a program took for Windows-1252"),
        (b"d\0o\0n\0", r"Ses05M_script01_1b\.txt: holds zero bytes"),
    ],
)
def test_characters_that_are_no_text_are_named(release, said, message):
    path = release / f"Session5/dialog/transcriptions/{DIALOG}.txt"
    write(path, f"{DIALOG}_M000 [1.0-2.0]: ".encode() + said + b"\n")
    with pytest.raises(DataError, match=rf"Ses05M_script01_1b\.txt.*{message}|{message}"):
        read_release(release)


def test_a_file_that_is_not_in_the_encoding_of_its_mark_is_named(release):
    path = release / f"Session5/dialog/transcriptions/{DIALOG}.txt"
    write(path, b"\xff\xfeSes")
    with pytest.raises(DataError, match=r"begins as utf-16 does, but is not .*save it as UTF-8"):
        read_release(release)


def test_rows_follow_sessions_then_dialog_files_then_ids(tmp_path):
    for session, dialog in [(2, "Ses02F_impro05a"), (2, "Ses02F_impro05"), (1, "Ses01M_impro01")]:
        lines = [f"[1.0 - 2.0]\t{dialog}_{turn}\tneu\t[2.5, 2.5, 2.5]" for turn in ("M001", "F002")]
        folder = tmp_path / f"Session{session}/dialog/EmoEvaluation"
        write(folder / f"{dialog}.txt", "\n".join(lines))
    assert list(read_release(tmp_path)["utterance_id"]) == [
        "Ses01M_impro01_F002",
        "Ses01M_impro01_M001",
        "Ses02F_impro05_F002",
        "Ses02F_impro05_M001",
        "Ses02F_impro05a_F002",
        "Ses02F_impro05a_M001",
    ]
    assert set(read_release(tmp_path)["method"]) == {"improvised"}


def test_the_folder_above_gives_the_same_table(release):
    pd.testing.assert_frame_equal(read_release(release.parent), read_release(release))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1.0 - 2.0]\tSes05M_script01_1b_F001\tneu", "not a label line"),
        ("[1.0 - x]\tSes05M_script01_1b_F001\tneu\t[2.5, 2.5, 2.5]", "not a label line"),
        ("[1.0 - 2.0]\tSes05M_script01_1b\tneu\t[2.5, 2.5, 2.5]", "not an utterance id"),
        ("[1.0 - 2.0]\tSes05M_script01_1_F001\tneu\t[2.5, 2.5, 2.5]", "another dialog"),
        ("[6.2901 - 8.2357]\tSes05M_script01_1b_F000\tsad\t[2.5, 2.5, 2.5]", "another label"),
    ],
)
def test_a_wrong_label_line_is_named(line, message):
    with pytest.raises(DataError, match=rf"here.txt, line 9: .*{message}"):
        parse_labels(LABELS + line, "Ses05M_script01_1b", HERE)


def test_a_label_that_is_repeated_counts_once():
    assert len(parse_labels(LABELS + LABELS, "Ses05M_script01_1b", HERE)) == 2


def test_a_label_file_without_labels_is_an_error():
    with pytest.raises(DataError, match=r"here.txt: no label lines"):
        parse_labels("% [START_TIME - END_TIME]\n\nC-E2:\tAnger;\t()\n", "Ses01F_impro01", HERE)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Ses05M_script01_2_F000 [1.0-2.0]: Hello.", "another dialog"),
        ("Ses05M_script01_1b_F [1.0-2.0]: Hello.", "not an utterance id"),
        ("nobody [1.0-2.0]: Hello.", "not an utterance id"),
        ("Ses05M_script01_1b_F001: Hello.", "not a transcript line"),
    ],
)
def test_a_transcript_of_an_unknown_utterance_is_named(line, message):
    with pytest.raises(DataError, match=rf"here.txt, line 4: .*{message}"):
        parse_transcripts(TRANSCRIPT + line, "Ses05M_script01_1b", HERE)


def test_lines_of_one_utterance_are_joined():
    text = "Ses01F_impro01_F000 [1.0-2.0]: One: two.\nSes01F_impro01_F000 [2.0-3.0]: Three."
    said = parse_transcripts(text, "Ses01F_impro01", HERE)
    assert said["Ses01F_impro01_F000"].text == "One: two. Three."


def test_a_transcript_of_an_unknown_dialog_is_an_error(release):
    write(
        release / "Session5/dialog/transcriptions/Ses05F_impro01.txt",
        "Ses05F_impro01_F000 [1.0-2.0]: Hello.",
    )
    with pytest.raises(DataError, match=r"Ses05F_impro01.txt: its dialog has no labels"):
        read_release(release)


ALIAS = "Ses05M_script01_1"


def rename(path, old, new):
    path.rename(path.with_name(path.name.replace(old, new)))


def test_a_transcript_file_under_the_dialog_s_other_name_is_found_by_its_ids(release):
    before = read_release(release)
    rename(release / f"Session5/dialog/transcriptions/{DIALOG}.txt", DIALOG, ALIAS)
    pd.testing.assert_frame_equal(read_release(release), before)


def test_media_under_the_dialog_s_other_name_are_found(release):
    write(release / f"Session5/sentences/wav/{ALIAS}/{DIALOG}_F000.wav", "")
    write(release / f"Session5/dialog/avi/DivX/{ALIAS}.avi", "")
    row = read_release(release).iloc[0]
    assert row["audio_path"] == f"Session5/sentences/wav/{ALIAS}/{DIALOG}_F000.wav"
    assert row["video_path"] == f"Session5/dialog/avi/DivX/{ALIAS}.avi"


def test_the_video_of_another_labelled_dialog_is_never_taken(release):
    write(
        release / f"Session5/dialog/EmoEvaluation/{ALIAS}.txt",
        f"[1.0 - 2.0]\t{ALIAS}_F000\tneu\t[2.5, 2.5, 2.5]",
    )
    write(release / f"Session5/dialog/avi/DivX/{ALIAS}.avi", "")
    paths = read_release(release).set_index("dialog")["video_path"]
    assert set(paths[DIALOG]) == {f"Session5/dialog/avi/DivX/{DIALOG}.avi"}


def test_a_release_that_is_still_packed_is_told_to_be_unpacked(tmp_path):
    (tmp_path / "IEMOCAP_full_release.tar.gz").touch()
    with pytest.raises(DataError, match=r"Unpack IEMOCAP_full_release\.tar\.gz first"):
        read_release(tmp_path)


def test_a_dialog_of_another_session_is_an_error(release):
    write(release / "Session5/dialog/EmoEvaluation/Ses01F_impro01.txt", LABELS)
    with pytest.raises(
        DataError, match=r"Ses01F_impro01.txt: not the name of a dialog of Session5"
    ):
        read_release(release)


def test_a_session_without_labels_is_an_error(release):
    (release / "Session4").mkdir()
    with pytest.raises(DataError, match=r"Session4/dialog/EmoEvaluation: no label files"):
        read_release(release)


@pytest.mark.parametrize("path", ["empty", "missing"])
def test_a_folder_without_a_release_is_an_error(tmp_path, path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        DataError, match=r"expected the folders Session1 .* Set `corpus` in the configuration"
    ):
        read_release(tmp_path / path)


class TestFingerprint:
    @pytest.fixture(autouse=True)
    def media(self, release):
        write(release / "Session5/sentences/wav/Ses05M_script01_1b/a.wav", "12345")
        write(release / "Session5/dialog/avi/DivX/Ses05M_script01_1b.avi", "12345")

    @pytest.fixture
    def changed(self, release):
        """Whether the fingerprint is another one after a change."""
        before = session_fingerprint(release, 5)

        def compare():
            session_fingerprint.cache_clear()
            return session_fingerprint(release, 5) != before

        return compare

    def test_it_does_not_depend_on_the_place(self, release, tmp_path):
        shutil.copytree(release, tmp_path / "copy")
        assert session_fingerprint(release, 5) == session_fingerprint(tmp_path / "copy", 5)
        assert session_fingerprint(release, 5) == session_fingerprint(release.parent, 5)

    @pytest.mark.parametrize(
        "path",
        [
            "sentences/wav/Ses05M_script01_1b/a.wav",
            "sentences/wav/Ses05M_script01_1b/b.wav",
            "dialog/avi/DivX/Ses05M_script01_1b.avi",
            "dialog/EmoEvaluation/Ses05M_script01_1b.txt",
            "dialog/transcriptions/Ses05M_script01_1b.txt",
        ],
    )
    def test_it_changes_with_what_is_read(self, release, changed, path):
        write(release / "Session5" / path, "123456")
        assert changed()

    @pytest.mark.parametrize(
        "path",
        [
            "sentences/wav/Ses05M_script01_1b/._a.wav",
            "dialog/EmoEvaluation/._Ses05M_script01_1b.txt",
            "dialog/EmoEvaluation/Categorical/Ses05M_script01_1b_e2_cat.txt",
            "sentences/ForcedAlignment/Ses05M_script01_1b/a.wdseg",
        ],
    )
    def test_it_does_not_change_with_anything_else(self, release, changed, path):
        write(release / "Session5" / path, "123456")
        assert not changed()

    @pytest.mark.parametrize(
        ("path", "modality"),
        [
            ("sentences/wav/Ses05M_script01_1b/a.wav", "a"),
            ("dialog/avi/DivX/Ses05M_script01_1b.avi", "v"),
            ("dialog/EmoEvaluation/Ses05M_script01_1b.txt", "t"),
            ("dialog/transcriptions/Ses05M_script01_1b.txt", "t"),
        ],
    )
    def test_it_changes_with_what_is_read_of_a_modality_and_with_nothing_else(
        self, release, path, modality
    ):
        def fingerprints():
            session_fingerprint.cache_clear()
            return {letter: session_fingerprint(release, 5, letter) for letter in "tva"}

        before = fingerprints()
        write(release / "Session5" / path, "123456")
        after = fingerprints()
        assert {letter for letter in "tva" if before[letter] != after[letter]} == {modality}

    @pytest.mark.parametrize(
        "path",
        [
            "sentences/wav/Ses05M_script01_1b/b.wav",
            "sentences/wav/Ses05M_script01_2",
            "dialog/avi/DivX/b.avi",
            "dialog/transcriptions/Ses05M_script01_2.txt",
        ],
    )
    def test_a_link_to_a_file_that_is_not_here_stops_nothing(self, release, changed, path):
        rows = read_session(release, 5)
        (release / "Session5" / path).symlink_to("/not/mounted")
        changed()
        assert read_session(release, 5).equals(rows)

    def test_a_folder_with_the_name_of_a_file_stops_nothing(self, release):
        for path in ("sentences/wav/Ses05M_script01_1b/b.wav", "dialog/avi/DivX/b.avi"):
            (release / "Session5" / path).mkdir()
        session_fingerprint.cache_clear()
        session_fingerprint(release, 5)

    def test_what_may_not_be_read_stops_nothing(self, release, monkeypatch):
        def forbidden(path, *arguments, **options):
            raise PermissionError(13, "Permission denied", str(path))

        session_fingerprint.cache_clear()
        monkeypatch.setattr(Path, "read_bytes", forbidden)
        monkeypatch.setattr(Path, "stat", forbidden)
        session_fingerprint(release, 5)


def test_labels_behind_a_link_to_nothing_are_named(release):
    link = release / "Session5/dialog/EmoEvaluation/Ses05F_impro01.txt"
    link.symlink_to("/not/mounted")
    with pytest.raises(DataError, match=r"Ses05F_impro01.txt: cannot be read \(No such file"):
        read_session(release, 5)
