"""Corpora by name, and the table that one gives."""

import math
from pathlib import Path

import pandas as pd
import pytest

from emofusion.corpora import corpus_title, find_corpus
from emofusion.corpora.utterances import complete
from emofusion.errors import DataError

EXTENSION = Path(__file__).parents[2] / "extensions/mine.py"
LIST = "utterance_id,label,session,speaker,transcript\nu1,happy,b,s1,hi\nu2,sad,a,s2,no\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    return tmp_path


def test_the_package_s_corpora_are_known_by_name():
    iemocap = find_corpus("iemocap")
    assert (iemocap.title, iemocap.n_sessions, iemocap.n_speakers) == ("IEMOCAP", 5, 10)
    assert "fru" in iemocap.labels


def test_an_unknown_corpus_is_refused_with_those_that_are_known():
    with pytest.raises(DataError, match=r"'crema' is not a corpus; known are .*iemocap"):
        find_corpus("crema")


def test_a_corpus_from_outside_is_read_in_its_parts(folder):
    corpus = find_corpus("mine", [EXTENSION])
    assert corpus.find(folder) == folder
    assert corpus.sessions(folder) == ["a", "b"]
    assert list(corpus.read(folder, "b")["utterance_id"]) == ["u1"]
    assert corpus.fingerprint(folder, "a", "t") != corpus.fingerprint(folder, "a", "a")


def test_a_function_that_a_corpus_lacks_is_named(tmp_path):
    path = tmp_path / "half.py"
    path.write_text('CORPORA = {"half": {"title": "half a corpus"}}\n')
    with pytest.raises(DataError, match=r"half\.py: has no function sessions, which .* half needs"):
        find_corpus("half", [path]).sessions(tmp_path)


def test_a_corpus_from_outside_is_printed_by_its_name():
    assert corpus_title("synthetic") == "a synthetic corpus that the workflow makes"
    assert corpus_title("mine") == "mine"


def test_what_a_corpus_does_not_know_is_filled_in():
    table = pd.DataFrame({"utterance_id": ["u1"], "label": ["sad"], "age": [7]})
    (row,) = complete(table, Path("mine.py")).to_dict("records")
    assert (row["speaker"], row["video_side"], row["age"]) == ("", "", 7)
    assert math.isnan(row["start"])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"utterance_id": ["u1"]}, "lacks label; found utterance_id"),
        ({"utterance_id": ["u1", "u1"], "label": ["a", "b"]}, "'u1' is empty or duplicated"),
        ({"utterance_id": ["", "u1"], "label": ["a", "b"]}, "'' is empty or duplicated"),
    ],
)
def test_a_table_without_ids_or_labels_is_refused(table, message):
    with pytest.raises(DataError, match=rf"mine\.py: .*{message}"):
        complete(pd.DataFrame(table), Path("mine.py"))
