"""Words and their vectors."""

import h5py
import numpy as np
import pandas as pd
import pytest

from emofusion.characters import plain_text
from emofusion.errors import DataError
from emofusion.features.store.read import RaggedStore
from emofusion.features.text import read_glove, tokenize, write_text_features

GLOVE = """, 0.1 0.2
no 1 2
. . . 3 4
at name@domain.com 5 6
NO 7 8
café -9 1e1
"""


@pytest.fixture
def glove(tmp_path):
    (tmp_path / "glove.txt").write_text(GLOVE, encoding="utf-8")
    return tmp_path / "glove.txt"


@pytest.mark.parametrize(
    ("transcript", "tokens"),
    [
        ("Excuse me.", "excuse me ."),
        ("No. It isn't, Bill!", "no . it is n't , bill !"),
        ("So do I. You know?", "so do i . you know ?"),
        ("Well... I'm gonna [LAUGHTER]", "well ... i 'm gon na [ laughter ]"),
        ('"Go." He left.', "`` go . '' he left ."),
        ("[BREATHING]", "[ breathing ]"),
        ("I know Mr. Smith. He left.", "i know mr. smith . he left ."),
        ("wait--what", "wait -- what"),
        ("", ""),
    ],
)
def test_transcripts_are_cut_into_tokens(transcript, tokens):
    assert tokenize(transcript) == tokens.split()


@pytest.mark.parametrize("sign", list("\u2019\u2018\u201b\u02bc\u2032\u00b4\uff07\x92\udc92"))
def test_an_apostrophe_is_one_in_whatever_way_it_is_written(sign):
    assert tokenize(f"I don{sign}t know.") == ["i", "do", "n't", "know", "."]


@pytest.mark.parametrize(
    ("typographic", "ascii_only"),
    [
        ("\u201cGo.\u201d He left.", '"Go." He left.'),
        ("\u201eGo.\u201c", '"Go."'),
        ("\u2018Go.\u2019", "'Go.'"),
        ("Well\u2026 I\u2019m", "Well... I'm"),
        ("well\u2010known", "well-known"),
        ("wait\u2014what", "wait \u2014 what"),
        ("a\u00a0b\u200b \ufeffco\u00adop", "a b coop"),
        ("cafe\u0301", "caf\u00e9"),
    ],
)
def test_typographic_marks_give_the_tokens_of_their_ascii_forms(typographic, ascii_only):
    assert tokenize(typographic) == tokenize(ascii_only)


def test_ascii_text_reaches_the_tokenizer_as_it_is():
    text = "".join(map(chr, range(128)))
    assert plain_text(text) == text


@pytest.mark.parametrize(
    ("transcript", "tokens"),
    [("Well [LAUGHTER] yes.", "well yes ."), ("[BREATHING]", ""), ("[GARBAGE", "[ garbage")],
)
def test_events_in_brackets_can_be_dropped(transcript, tokens):
    assert tokenize(transcript, events="drop") == tokens.split()


def test_glove_gives_the_vectors_of_known_words(glove):
    vectors = read_glove(glove, {"no", "café", ",", ".", "unknown"}, 2)
    assert {word: vector.tolist() for word, vector in vectors.items()} == {
        ",": pytest.approx([0.1, 0.2]),
        "no": [1, 2],
        "café": [-9, 10],
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("yes 1 2 3", "line 7: a vector of 3 numbers, expected 2"),
        ("yes 1", "line 7: a vector of 1 numbers, expected 2"),
        ("yes", "line 7: a vector of 0 numbers, expected 2"),
        ("yes 1 x", "line 7: not a word and its vector"),
    ],
)
def test_a_line_of_another_form_is_named(glove, line, message):
    glove.write_text(GLOVE + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"glove.txt, {message}"):
        read_glove(glove, {"yes"}, 2)


def test_a_file_of_another_width_fails_on_its_first_line(glove):
    with pytest.raises(DataError, match=r"line 1: .* 2 numbers, expected 300; .*text.width"):
        read_glove(glove, {"no"}, 300)


def test_a_missing_file_says_what_to_set(tmp_path):
    with pytest.raises(DataError, match=r"glove.txt: cannot be read .*set `glove`"):
        read_glove(tmp_path / "glove.txt", {"no"}, 2)


def extract(glove, transcripts, seed=0, min_coverage=None):
    selected = pd.DataFrame(
        {"utterance_id": [f"u{i}" for i in range(len(transcripts))], "transcript": transcripts}
    )
    path = glove.parent / "text.h5"
    settings = {"events": "keep", "width": 2, "seed": seed}
    write_text_features(selected, glove, path, settings=settings, min_coverage=min_coverage)
    with h5py.File(path) as file:
        return (
            file["tokens"][:].tolist(),
            list(file["words"].asstr()),
            file["embedding"][:],
            dict(file.attrs),
        )


def test_the_vocabulary_is_sorted_behind_the_padding(glove):
    tokens, words, embedding, _ = extract(glove, ["No, no.", "Café"])
    assert words == ["", ",", ".", "café", "no"]
    assert tokens == [4, 1, 4, 2, 3]
    np.testing.assert_array_equal(embedding[[0, 4, 3]], [[0, 0], [1, 2], [-9, 10]])
    store = RaggedStore(glove.parent / "text.h5")
    np.testing.assert_array_equal(store["u1"], [[-9, 10]])


def test_unknown_words_are_drawn_from_the_seed(glove):
    words = " ".join(f"w{i:03d}" for i in range(500))
    unknown = extract(glove, [words])[2][1:]
    assert np.abs(unknown).max() <= 0.25
    assert unknown.std() == pytest.approx(0.5 / np.sqrt(12), rel=0.05)
    np.testing.assert_array_equal(extract(glove, [words])[2][1:], unknown)
    assert (extract(glove, [words], seed=1)[2][1:] != unknown).all()


def test_the_attributes_tell_the_coverage(glove):
    attributes = extract(glove, ["No, no. Never. Never."])[3]
    # Eight tokens of four types; unknown are three full stops and two "never".
    names = ("types", "types_missing", "tokens", "tokens_missing", "width", "seed")
    assert [attributes[name] for name in names] == [4, 2, 8, 5, 2, 0]


def test_too_low_a_coverage_stops_with_the_figure_and_leaves_nothing(glove):
    with pytest.raises(DataError) as error:
        extract(glove, ["No, no, no, no. Never never."], min_coverage=0.8)
    # Known are four "no" and three commas, of eleven tokens; not two "never" and two full stops.
    assert "glove.txt: has vectors for 0.636 of the 11 tokens" in str(error.value)
    assert "expected at least 0.8 (`features.text.min_coverage`)" in str(error.value)
    assert "Words without a vector, most frequent first: . never." in str(error.value)
    assert not list(glove.parent.glob("*text*"))


@pytest.mark.parametrize("min_coverage", [None, 0, 0.07])
def test_a_coverage_that_reaches_the_demand_is_enough(glove, min_coverage):
    # .07 has no exact binary form; 7 of 100 tokens reach it.
    extract(glove, ["no " * 7 + "never " * 93], min_coverage=min_coverage)


def test_no_token_at_all_is_no_lack_of_vectors(glove):
    extract(glove, [""], min_coverage=1.0)


def test_the_demand_leaves_no_trace_in_the_file(glove):
    """So that another demand retrains nothing."""
    extract(glove, ["No, no, no."], min_coverage=None)
    manifest = (glove.parent / "text.json").read_bytes()
    attributes = extract(glove, ["No, no, no."], min_coverage=0.5)[3]
    assert (glove.parent / "text.json").read_bytes() == manifest
    assert "min_coverage" not in attributes
