"""What single annotators said: read from the corpora, and counted by class."""

import pandas as pd
import pytest

from emofusion.corpora import cremad, find_corpus
from emofusion.corpora.iemocap.annotators import parse_ratings
from emofusion.corpora.ratings import count_votes, votes_of
from emofusion.schemas import RATINGS

LABELS = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]
C-E1:\tSadness;\t(belongs to no utterance)

[0.7 - 1.9]\tu1\tfru\t[2.5, 3.0, 4.0]
C-E2:\tFrustration;\t()
C-E3:\tAnger; Frustration;\t(loud; Excited)
C-F1:\tNeutral state;\t(tired)
A-E3:\tval 2; act 3; dom  4;\t(val 5; calm)
A-F1:\tval 1; act ; dom  3.5;\t()

[2.1 - 3.2]\tu2\txxx\t[2.5, 2.5, 3.0]
C-E2:\t;\t()
C-E4:\tBored; Happiness; Bored;\t()
A-E1:\tval 4; act 2; dom  2;\t()
"""


def by_annotator(rows):
    return {(row["utterance_id"], row["annotator"]): row for row in rows}


def said(row):
    return [row[name] for name in ("kind", "label", "valence", "activation", "dominance")]


def test_labels_and_attributes_of_an_annotator_are_one_row():
    rows = by_annotator(parse_ratings(LABELS))
    assert [*rows] == [
        ("u1", "E2"), ("u1", "E3"), ("u1", "F1"), ("u2", "E4"), ("u2", "E1"),
    ]  # fmt: skip
    assert said(rows["u1", "E2"]) == ["external", "fru", None, None, None]
    assert said(rows["u1", "E3"]) == ["external", "ang;fru", 2, 3, 4]  # comments do not count
    assert said(rows["u2", "E1"]) == ["external", "", 4, 2, 2]
    assert all([*row] == RATINGS for row in rows.values())


def test_the_actor_s_ratings_are_marked_and_a_missing_attribute_stays_missing():
    assert said(by_annotator(parse_ratings(LABELS))["u1", "F1"]) == ["self", "neu", 1, None, 3.5]


def test_a_word_that_is_no_label_of_iemocap_stays_as_it_is():
    assert by_annotator(parse_ratings(LABELS))["u2", "E4"]["label"] == "Bored;hap"


def test_a_release_is_read_session_by_session_whatever_its_encoding(tmp_path):
    for session, encoding in (("2", "utf-16"), ("1", "utf-8")):
        folder = tmp_path / f"IEMOCAP_full_release/Session{session}/dialog/EmoEvaluation"
        folder.mkdir(parents=True)
        text = f"[0 - 1]\tu{session}\tneu\t[1, 1, 1]\nC-E1:\tNeutral;\t(déjà vu)\n"
        (folder / "Ses.txt").write_text(text, encoding=encoding)
        (folder / "._Ses.txt").write_text("no text")
    for name in ("iemocap", "synthetic"):
        corpus = find_corpus(name)
        assert [row["utterance_id"] for row in corpus.ratings(tmp_path, "label")] == ["u1", "u2"]
        assert len(corpus.rating_files(tmp_path)) == 2


@pytest.fixture
def crema(tmp_path):
    (tmp_path / "processedResults").mkdir()
    (tmp_path / "SentenceFilenames.csv").write_text("Stimulus_Number,Filename\n")
    (tmp_path / cremad.COUNTS).write_text(
        '"","A","D","F","H","N","S","fileName","numResponses"\n'
        '"100001",2,0,0,1,0,0,"1001_IEO_ANG_HI",3\n'  # heard
        '"200001",0,0,3,0,0,0,"1001_IEO_ANG_HI",3\n'  # seen
        '"300001",0,1,0,0,0,1,"1001_IEO_ANG_HI",2\n'  # both
    )
    return tmp_path


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        ("voice", ["anger", "anger", "happy"]),
        ("face", ["fear", "fear", "fear"]),
        ("multimodal", ["disgust", "sad"]),
    ],
)
def test_votes_of_cremad_are_those_on_what_the_raters_were_shown(crema, column, labels):
    rows = find_corpus("cremad").ratings(crema, column)
    assert [row["label"] for row in rows] == labels
    assert [row["annotator"] for row in rows] == [str(n + 1) for n in range(len(labels))]
    assert {row["utterance_id"] for row in rows} == {"1001_IEO_ANG_HI"}


def test_the_intended_emotion_of_cremad_has_no_raters():
    assert find_corpus("cremad").rated == ("voice", "face", "multimodal")
    assert find_corpus("ravdess").rated == find_corpus("prepared").rated == ()


def table(*rows):
    """A table of ratings from (utterance, annotator, labels)."""
    content = [[*row[:2], "self" if row[1] == "F1" else "external", row[2]] for row in rows]
    return pd.DataFrame(content, columns=RATINGS[:4])


GIVEN = table(
    ("u1", "E1", "hap;exc"), ("u1", "E2", "exc;sad"), ("u1", "F1", "sad"),
    ("u2", "E1", "fea"), ("u2", "E2", ""),
    ("u3", "E1", "sad;fea"),
)  # fmt: skip


def test_two_labels_of_one_class_are_one_vote_and_the_actor_has_none():
    votes = votes_of(GIVEN, ["hap+exc", "sad"])
    assert [tuple(row) for row in votes.to_numpy()] == [
        ("u1", "E1", "hap+exc"), ("u1", "E2", "hap+exc"), ("u1", "E2", "sad"),
        ("u2", "E1", "fea"), ("u3", "E1", "sad"), ("u3", "E1", "fea"),
    ]  # fmt: skip


def test_counts_are_of_the_configured_classes_in_their_order():
    counts = count_votes(GIVEN, ["sad", "ang", "hap+exc"])
    assert list(counts) == ["utterance_id", "sad", "ang", "hap+exc"]
    # u2 has no vote for a class.
    assert counts.to_numpy().tolist() == [["u1", 1, 0, 2], ["u3", 1, 0, 0]]
