from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emofusion.errors import DataError
from emofusion.splits import published_split, random_split, split

FOLDS = range(1, 6)


def sizes(partition):
    counts = Counter(partition.tolist())
    return counts["train"], counts["dev"], counts["test"]


def test_published_folds_of_four_classes_have_the_sizes_that_the_baselines_print():
    assert [sizes(published_split(5531, fold)) for fold in FOLDS] == [
        (4445, 313, 773),
        (4374, 386, 771),
        (4399, 353, 779),
        (4432, 343, 756),
        (4474, 307, 750),
    ]


def test_published_folds_of_seven_classes_have_the_known_sizes():
    assert [sizes(published_split(7487, fold)) for fold in FOLDS] == [
        (6058, 404, 1025),
        (5934, 497, 1056),
        (5975, 483, 1029),
        (5962, 474, 1051),
        (6019, 428, 1040),
    ]


def test_published_folds_test_only_part_of_the_corpus():
    tested = sum((published_split(7487, fold) == "test").sum() for fold in FOLDS)
    assert tested == 5201


@given(count=st.integers(1, 400))
def test_every_utterance_is_held_out_in_exactly_one_published_fold(count):
    held_out = sum((published_split(count, fold) != "train").astype(int) for fold in FOLDS)
    assert (held_out == 1).all()


@given(
    counts=st.lists(st.integers(5, 60), min_size=2, max_size=7),
    seed=st.integers(0, 1000),
    n_folds=st.integers(2, 5),
)
def test_every_utterance_is_held_out_in_exactly_one_random_fold(counts, seed, n_folds):
    labels = np.repeat([f"class{i}" for i in range(len(counts))], counts)
    held_out = sum(
        (random_split(labels, fold, n_folds=n_folds, seed=seed) != "train").astype(int)
        for fold in range(1, n_folds + 1)
    )
    assert (held_out == 1).all()


def test_random_folds_are_8_to_half_to_1_and_a_half_in_every_class():
    labels = np.array(["ang"] * 200 + ["sur"] * 20)
    partition = random_split(labels, 2, n_folds=5, seed=7)
    assert sizes(partition[:200]) == (160, 10, 30)
    assert sizes(partition[200:]) == (16, 1, 3)


def test_a_class_smaller_than_the_number_of_folds_is_refused_by_name():
    with pytest.raises(DataError, match=r"Class sur has 3 utterances.*5 folds"):
        random_split(["ang"] * 50 + ["sur"] * 3, 1, n_folds=5, seed=1)


def test_an_utterance_excluded_for_its_data_does_not_move_the_others():
    utterances = pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(50)],
            "label": ["ang", "neu", "xxx", "ang", "neu"] * 10,
        }
    )
    options = {"scheme": "published", "labels": ["ang", "neu"], "n_folds": 5, "seed": 1}
    everything = split(utterances, utterances, 1, **options)
    without_one = split(utterances, utterances.drop(index=0), 1, **options)
    assert everything["utterance_id"].tolist()[0] == "u0"
    assert "u2" not in set(everything["utterance_id"])
    pd.testing.assert_frame_equal(everything.iloc[1:], without_one)
