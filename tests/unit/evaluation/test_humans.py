"""One annotator against the others, and their agreement."""

import math

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emofusion.evaluation.humans import ceiling, humans, judge_each, krippendorff_alpha
from emofusion.schemas import HUMANS, RATINGS

LABELS = ["ang", "hap+exc", "sad"]
SPLITS = [
    pd.DataFrame({"utterance_id": ids, "partition": partitions})
    for ids, partitions in (
        (["u1", "u2", "u3", "u9"], ["test", "test", "test", "train"]),
        (["u1", "u4", "u5", "u9"], ["test", "test", "test", "dev"]),
    )
]
RATED = pd.DataFrame(
    [
        ("u1", "E1", "external", "ang", 2, 3, 3),
        ("u1", "E2", "external", "ang", 2, 3, 5),
        ("u1", "E3", "external", "ang;sad", 3, 3, np.nan),
        ("u1", "F1", "self", "sad", 5, 5, 5),
        ("u2", "E1", "external", "hap", np.nan, np.nan, np.nan),
        ("u2", "E2", "external", "exc", np.nan, np.nan, np.nan),
        ("u2", "E3", "external", "sad", np.nan, np.nan, np.nan),
        ("u3", "E1", "external", "fea", 4, 1, 1),
        ("u3", "E2", "external", "fea", 5, 2, 2),
        ("u3", "E3", "external", "sad", np.nan, np.nan, np.nan),
        ("u4", "E1", "external", "sad", 1, 1, 1),
        ("u9", "E1", "external", "ang", 1, 1, 1),  # not tested
        ("u9", "E2", "external", "sad", 5, 5, 5),
    ],
    columns=RATINGS,
)


@pytest.fixture(scope="module")
def found():
    return humans(RATED, SPLITS, LABELS).set_index(["quantity", "of"])


def test_an_annotator_is_judged_by_the_majority_of_the_others():
    votes = pd.DataFrame(
        [("u", "E1", "a"), ("u", "E2", "a"), ("u", "E3", "b"), ("u", "E4", "a"), ("u", "E4", "b")],
        columns=["utterance_id", "annotator", "label"],
    )
    judged = judge_each(votes).set_index("annotator")
    # Others of E1: a, b, a, b, a tie; of E2 the same; of E3: a, a, a, b; of E4: a, a, b.
    assert judged["majority"].to_dict() == {"E1": "", "E2": "", "E3": "a", "E4": "a"}
    assert judged.loc["E3", "right"] == 0
    assert judged.loc["E4", "right"] == 0.5  # one of two votes


def test_nobody_is_judged_without_others():
    votes = pd.DataFrame([("u", "E1", "a")], columns=["utterance_id", "annotator", "label"])
    assert judge_each(votes)["majority"].tolist() == [""]


def test_both_accuracies_and_the_recalls_by_hand(found):
    # u1: others of E1 are ang, ang, sad: right; of E2 the same; of E3 ang, ang: half right.
    # u2 (hap and exc are one class): E1 and E2 face a tie, E3 is wrong. u3: E3 faces fea, which is
    # no class, the others a tie. u4: no others. Counted: ang 1, 1, 1/2; hap+exc 0.
    assert found.loc[("accuracy", ""), "value"] == pytest.approx(2.5 / 4)
    assert found.loc[("balanced_accuracy", ""), "value"] == pytest.approx((2.5 / 3 + 0) / 2)
    assert found.loc["recall", "value"].to_dict() == pytest.approx({"ang": 2.5 / 3, "hap+exc": 0})
    counts = ["utterances", "judgements", "left_out"]
    assert found.loc[("accuracy", ""), counts].tolist() == [2, 4, 6]
    assert found.loc[("recall", "ang"), counts].tolist() == [1, 3, 0]


def test_agreement_is_that_of_external_annotators_with_one_label(found):
    # ang ang | hap+exc hap+exc sad | fea fea sad; left out: E3 of u1 (two labels), u4 (alone).
    ratings = [
        ["ang", "ang", None],
        ["hap+exc", "hap+exc", "sad"],
        ["fea", "fea", "sad"],
    ]
    numbers = {label: n for n, label in enumerate(["ang", "hap+exc", "fea", "sad"])}
    coded = [[numbers.get(label, np.nan) for label in row] for row in ratings]
    expected = krippendorff.alpha(np.array(coded, float).T, level_of_measurement="nominal")
    assert found.loc[("alpha", "label"), "value"] == pytest.approx(expected)
    assert found.loc[("alpha", "label"), ["judgements", "left_out"]].tolist() == [8, 2]


def test_agreement_on_attributes_is_of_squared_differences(found):
    # Dominance: 3 5 | 1 2. Pairs within units: 4, 1; n = 4; observed (2 x 4 + 2 x 1) / 4 = 2.5;
    # all pairs: 4 + 4 + 1 + 16 + 9 + 1 = 35, twice, over 4 x 3: 70 / 12.
    assert found.loc[("alpha", "dominance"), "value"] == pytest.approx(1 - 2.5 / (70 / 12))
    assert found.loc[("alpha", "dominance"), ["judgements", "left_out"]].tolist() == [4, 1]


def test_nominal_agreement_by_hand():
    # a a | a b: observed (0 + 2) / 4; a three times, b once: expected 2 x 3 x 1 / (4 x 3).
    units, values = pd.Series([1, 1, 2, 2, 3]), pd.Series(["a", "a", "a", "b", "b"])
    assert krippendorff_alpha(units, values, nominal=True) == pytest.approx(1 - 0.5 / 0.5)


ratings = st.lists(
    st.lists(st.integers(1, 5) | st.none(), min_size=3, max_size=3), min_size=2, max_size=8
)


@given(ratings)
@pytest.mark.parametrize("level", ["nominal", "interval"])
def test_alpha_is_that_of_an_independent_implementation(level, rows):
    table = np.array(rows, float)
    pairs = [[v for v in row if v is not None] for row in rows]
    used = {v for row in pairs if len(row) > 1 for v in row}
    units, raters = np.nonzero(~np.isnan(table))
    alpha = krippendorff_alpha(
        pd.Series(units), pd.Series(table[units, raters]), nominal=level == "nominal"
    )
    if len(used) < 2:
        assert math.isnan(alpha)
    else:
        expected = krippendorff.alpha(table.T, level_of_measurement=level)
        assert alpha == pytest.approx(expected, abs=1e-9)


def test_without_a_vote_nothing_is_said():
    for untold in (RATED.assign(label=""), RATED.iloc[:0]):
        table = humans(untold, SPLITS, LABELS)
        assert list(table) == HUMANS
        assert table.empty
        assert ceiling(table.to_dict("records")) == {}


def test_without_a_majority_there_is_no_ceiling():
    alone = humans(RATED[RATED["annotator"] == "E1"], SPLITS, LABELS)
    assert ceiling(alone.to_dict("records")) == {}


def test_the_ceiling_is_both_accuracies(found):
    reached = ceiling(found.reset_index().to_dict("records"))
    assert reached == pytest.approx({"balanced_accuracy": 2.5 / 6, "accuracy": 0.625})
