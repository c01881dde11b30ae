import hashlib
import re
import sys
from collections import Counter

import av
import numpy as np
import pytest
import soundfile
from nltk.tokenize import NLTKWordTokenizer

from emofusion.corpora.synthetic import layout
from emofusion.corpora.synthetic.glove import make_glove
from emofusion.corpora.synthetic.layout import make_session
from emofusion.corpora.synthetic.plan import CUE_RELIABILITY, class_labels, plan_session
from emofusion.corpora.synthetic.words import NOT_IN_GLOVE
from emofusion.errors import DataError

CLASSES = {"ang", "hap", "exc", "sad", "neu", "fru", "sur"}
LABEL_LINE = re.compile(r"\[(\d+\.\d{4}) - (\d+\.\d{4})\]\t(\S+)\t(\w{3})\t\[(.+)\]")


def corpus(seed=7, dialogs=8, turns=20):
    sizes = {"seed": seed, "dialogs": dialogs, "turns": turns}
    return [dialog for session in range(1, 6) for dialog in plan_session(session, **sizes)]


def digests(root):
    return {
        path.relative_to(root): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    root = tmp_path_factory.mktemp("release")
    make_session(root, 2, seed=7, dialogs=2, turns=4)
    return root / "Session2"


@pytest.fixture(scope="module")
def labelled(session):
    """{utterance: (start, end, label)} of the first dialog."""
    text = (session / "dialog/EmoEvaluation/Ses02F_impro01.txt").read_text()
    return {
        name: (float(start), float(end), label)
        for start, end, name, label, _ in LABEL_LINE.findall(text)
    }


@pytest.fixture(scope="module")
def video(session):
    """Times [frame] and pictures [frame, 480, 720, 3] of the first dialog."""
    with av.open(str(session / "dialog/avi/DivX/Ses02F_impro01.avi")) as container:
        frames = list(container.decode(video=0))
    times = np.array([float(frame.time) for frame in frames])
    return times, np.stack([frame.to_ndarray(format="rgb24") for frame in frames])


# The plan


def test_classes_have_their_shares_of_the_whole_corpus():
    assert Counter(class_labels(7, 8, 20).ravel().tolist()) == {
        "ang": 120,
        "hap": 80,
        "exc": 112,
        "sad": 120,
        "neu": 160,
        "fru": 152,
        "sur": 56,
    }


@pytest.mark.parametrize(("dialogs", "turns"), [(1, 1), (2, 4), (3, 7)])
def test_rounded_shares_add_up(dialogs, turns):
    assert class_labels(7, dialogs, turns).shape == (5, dialogs, turns)


def test_even_a_tiny_corpus_holds_all_ten_labels_and_xxx():
    labels = Counter(turn.label for dialog in corpus(dialogs=2, turns=4) for turn in dialog.turns)
    assert set(labels) == {*CLASSES, "fea", "dis", "oth", "xxx"}
    assert labels.total() == 5 * 2 * 4 + 10


def test_dialogs_are_of_both_kinds_with_either_marker():
    names = [dialog.name for dialog in plan_session(3, seed=7, dialogs=5, turns=1)]
    assert names == [
        "Ses03F_impro01",
        "Ses03M_script01_1b",
        "Ses03M_impro05a",
        "Ses03F_script01_1",
        "Ses03F_impro02",
    ]


def test_names_never_repeat_and_run_out_with_a_clear_message():
    names = [dialog.name for dialog in plan_session(1, seed=7, dialogs=32, turns=1)]
    assert len(set(names)) == 32
    with pytest.raises(DataError, match="at most 32 a session, found 33"):
        plan_session(1, seed=7, dialogs=33, turns=1)


def test_turns_alternate_from_the_actor_with_the_markers():
    scripted = plan_session(5, seed=7, dialogs=2, turns=20)[1]
    assert [turn.utterance_id for turn in scripted.turns[:4]] == [
        "Ses05M_script01_1b_M000",
        "Ses05M_script01_1b_F000",
        "Ses05M_script01_1b_M001",
        "Ses05M_script01_1b_F001",
    ]
    assert [turn.speaker for turn in scripted.turns[:4]] == ["M", "F", "M", "F"]


def test_each_modality_shows_the_emotion_as_often_as_promised_and_on_its_own():
    turns = [turn for dialog in corpus(dialogs=16, turns=40) for turn in dialog.turns]
    shown = np.array(
        [
            [turn.cues[modality].emotion == turn.label for modality in CUE_RELIABILITY]
            for turn in turns
            if turn.label in CLASSES - {"neu"}
        ]
    )
    promised = np.array(list(CUE_RELIABILITY.values()))
    assert shown.mean(axis=0) == pytest.approx(promised, abs=0.03)
    assert shown.all(axis=1).mean() == pytest.approx(promised.prod(), abs=0.03)


def test_annotators_agree_on_the_label_and_on_xxx_do_not():
    for turn in (turn for dialog in corpus() for turn in dialog.turns):
        if turn.label == "xxx":
            assert len(set(turn.votes)) == 3
        else:
            assert turn.votes.count(turn.label) >= 2


def test_scripted_lines_come_back_in_other_sessions_more_than_improvised_ones():
    def repeated(kind):
        said = [{turn.text for turn in d.turns} for d in corpus(dialogs=2) if kind in d.name]
        counts = Counter(text for texts in said for text in texts)
        return sum(n for n in counts.values() if n > 1) / counts.total()

    assert repeated("script") > 0.3
    assert repeated("impro") < 0.15


def test_some_transcripts_are_marks_alone_and_some_hold_marks_among_words():
    texts = [turn.text for dialog in corpus() for turn in dialog.turns]
    assert {"[LAUGHTER]", "[BREATHING]"} < set(texts)
    assert any(text.startswith("[LAUGHTER] ") for text in texts)


def test_the_plan_depends_on_the_seed_alone():
    assert corpus(seed=1) == corpus(seed=1)
    assert corpus(seed=1) != corpus(seed=2)


# The files


def test_a_dialog_has_the_files_of_the_release(session):
    files = {str(path.relative_to(session)) for path in session.rglob("Ses02F_impro01*.*")}
    sentences = "sentences/wav/Ses02F_impro01/Ses02F_impro01_"
    assert {name for name in files if not name.startswith(sentences)} == {
        "dialog/EmoEvaluation/Ses02F_impro01.txt",
        "dialog/EmoEvaluation/Attribute/Ses02F_impro01_e3_atr.txt",
        "dialog/EmoEvaluation/Attribute/Ses02F_impro01_e4_atr.txt",
        "dialog/EmoEvaluation/Categorical/Ses02F_impro01_e2_cat.txt",
        "dialog/EmoEvaluation/Categorical/Ses02F_impro01_e3_cat.txt",
        "dialog/EmoEvaluation/Categorical/Ses02F_impro01_e4_cat.txt",
        "dialog/EmoEvaluation/Self-evaluation/Ses02F_impro01_f1_atr.txt",
        "dialog/avi/DivX/Ses02F_impro01.avi",
        "dialog/transcriptions/Ses02F_impro01.txt",
        "dialog/wav/Ses02F_impro01.wav",
    }
    turns = {f"{sentences}{turn}.wav" for turn in ("F000", "M000", "F001", "M001")}
    assert turns <= files


def test_a_label_file_reads_as_in_the_release(session):
    lines = (session / "dialog/EmoEvaluation/Ses02F_impro01.txt").read_text().splitlines()
    assert lines[:2] == ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    assert LABEL_LINE.fullmatch(lines[2]).group(3) == "Ses02F_impro01_F000"
    assert [line.split(":")[0] for line in lines[3:8]] == ["C-E2", "C-E3", "C-E4", "A-E3", "A-E4"]
    assert lines[8] == ""


def test_consensus_ratings_are_the_mean_of_the_raters(session):
    lines = (session / "dialog/EmoEvaluation/Ses02F_impro01.txt").read_text().splitlines()
    raters = [[int(value) for value in re.findall(r" (\d);", line)] for line in lines[6:8]]
    consensus = [float(value) for value in LABEL_LINE.fullmatch(lines[2]).group(5).split(", ")]
    assert consensus == [(first + second) / 2 for first, second in zip(*raters, strict=True)]


def test_a_transcript_has_a_line_a_turn_a_bare_one_and_one_without_label(session, labelled):
    lines = (session / "dialog/transcriptions/Ses02F_impro01.txt").read_text().splitlines()
    with_id = [re.fullmatch(r"(\S+) \[(\d{3}\.\d{4})-(\d{3}\.\d{4})\]: .+", line) for line in lines]
    times = {match[1]: (float(match[2]), float(match[3])) for match in with_id if match}
    bare = [line for line, match in zip(lines, with_id, strict=True) if not match]
    assert len(bare) == 1
    assert re.fullmatch(r"[FM]: .+", bare[0])
    (unlabelled,) = times.keys() - labelled.keys()
    assert re.fullmatch(r"Ses02F_impro01_[FM]XX0", unlabelled)
    assert {name: times[name] for name in labelled} == {
        name: (start, end) for name, (start, end, _) in labelled.items()
    }


def test_an_utterance_is_16_khz_mono_16_bit_as_long_as_its_label_says(session, labelled):
    for name, (start, end, _) in labelled.items():
        wav = soundfile.info(session / f"sentences/wav/Ses02F_impro01/{name}.wav")
        assert (wav.samplerate, wav.channels, wav.subtype) == (16000, 1, "PCM_16")
        assert wav.duration == pytest.approx(end - start, abs=2e-4)


def test_an_utterance_stands_in_the_sound_of_its_dialog_at_its_time(session, labelled):
    dialog, _ = soundfile.read(session / "dialog/wav/Ses02F_impro01.wav")
    for name, (start, _, _) in labelled.items():
        own, _ = soundfile.read(session / f"sentences/wav/Ses02F_impro01/{name}.wav")
        first = round(start * 16000)
        np.testing.assert_array_equal(dialog[first : first + len(own)], own)


def test_the_video_is_mpeg4_of_720_by_480_and_outlasts_the_last_turn(session, labelled, video):
    with av.open(str(session / "dialog/avi/DivX/Ses02F_impro01.avi")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.width, context.height) == ("mpeg4", 720, 480)
    assert video[0][-1] > max(end for _, end, _ in labelled.values())


def test_the_actor_with_the_markers_speaks_on_the_left_and_the_other_on_the_right(labelled, video):
    times, pictures = video
    mouths = {"F": pictures[:, 270:330, 140:220, 0], "M": pictures[:, 270:330, 500:580, 0]}
    opening = {actor: (mouth < 110).sum(axis=(1, 2)) for actor, mouth in mouths.items()}
    movement = {"speaks": [], "listens": []}
    for name, (start, end, _) in labelled.items():
        during = (times >= start) & (times < end)
        for actor in "FM":
            role = "speaks" if name[-4] == actor else "listens"
            movement[role].append(opening[actor][during].std())
    assert np.mean(movement["speaks"]) > 1.5 * np.mean(movement["listens"])


def test_only_the_centre_of_each_half_changes(video):
    changes = np.ptp(video[1][::4], axis=0).max(axis=-1) > 40  # less is the noise of the codec
    assert changes[128:352, 68:292].any()
    assert changes[128:352, 428:652].any()
    changes[128:352, 68:292] = changes[128:352, 428:652] = False
    assert not changes.any()


@pytest.mark.parametrize("name", ["*.txt", "*.wav", "*.avi"])
def test_resource_forks_lie_among_the_files(session, name):
    forks = list(session.rglob(f"._{name}"))
    assert forks
    assert all(fork.read_bytes().startswith(b"\x00\x05\x16\x07") for fork in forks)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_session(tmp_path / name, 2, seed=seed, dialogs=1, turns=1)
    first, again, other = (digests(tmp_path / name) for name in "abc")
    assert first == again
    media = [path for path in first.keys() & other.keys() if not path.name.startswith("._")]
    assert {path.suffix for path in media} == {".txt", ".wav", ".avi"}
    assert all(first[path] != other[path] for path in media if path.suffix in (".wav", ".avi"))


def test_a_session_is_replaced_whole(tmp_path):
    (tmp_path / "Session1").mkdir()
    (tmp_path / "Session1/stale.txt").write_text("of an earlier run")
    make_session(tmp_path, 1, seed=7, dialogs=1, turns=1)
    assert not (tmp_path / "Session1/stale.txt").exists()


def test_a_failure_leaves_nothing_half_written(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(layout, "write_video", fail)
    with pytest.raises(OSError, match="disk full"):
        make_session(tmp_path, 1, seed=7, dialogs=1, turns=1)
    assert list(tmp_path.iterdir()) == []


def test_without_the_synthesiser_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(DataError, match=r"pip install emofusion\[demo\]"):
        make_session(tmp_path, 1, seed=7, dialogs=1, turns=1)
    assert list(tmp_path.iterdir()) == []


# The word vectors


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    path = tmp_path_factory.mktemp("glove") / "glove.txt"
    make_glove(path, seed=7)
    rows = [line.split(" ") for line in path.read_text(encoding="utf-8").splitlines()]
    return {word: np.array(values, float) for word, *values in rows}


def test_vectors_have_300_components_of_the_size_of_glove(vectors):
    assert {len(vector) for vector in vectors.values()} == {300}
    assert np.std(list(vectors.values())) == pytest.approx(0.4, abs=0.02)


def test_every_word_said_has_a_vector_but_the_few_unknown_ones(vectors):
    tokenize = NLTKWordTokenizer().tokenize
    sentences = [
        sentence
        for dialog in corpus(dialogs=16, turns=40)
        for turn in dialog.turns
        for sentence in re.split(r"(?<=[.?!\]]) ", turn.text.lower())
    ]
    said = {token for sentence in sentences for token in tokenize(sentence)}
    assert said - vectors.keys() == NOT_IN_GLOVE
    assert {".", ",", "?", "!", "'s", "n't", "[", "laughter", "]"} <= said
    assert {"table", "river", "window"} <= vectors.keys() - said


def test_words_of_one_emotion_point_the_same_way(vectors):
    def cosine(a, b):
        a, b = vectors[a], vectors[b]
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    assert cosine("furious", "outrageous") == pytest.approx(0.36, abs=0.15)
    assert abs(cosine("furious", "lovely")) < 0.2
    assert abs(cosine("he", "she")) < 0.2


def test_vectors_depend_on_the_seed_and_the_width_is_free(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_glove(tmp_path / name, seed=seed, width=5)
    first, again, other = ((tmp_path / name).read_text() for name in "abc")
    assert first == again != other
    assert {len(line.split(" ")) for line in first.splitlines()} == {6}
