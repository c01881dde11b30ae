"""Folds that keep groups together, and a corpus's own partitions."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emofusion.errors import DataError
from emofusion.splits.groups import group, official

SETTINGS = {"seed": 1, "development": "group", "by": "speaker"}


def corpus(sizes):
    """Utterances of speakers a, b, ... with so many utterances each, of two classes in turns."""
    speakers = [chr(97 + number) for number, size in enumerate(sizes) for _ in range(size)]
    return pd.DataFrame(
        {
            "utterance_id": [f"u{n}" for n in range(len(speakers))],
            "speaker": speakers,
            "label": [("x", "y")[n % 2] for n in range(len(speakers))],
        }
    )


@given(st.lists(st.integers(1, 9), min_size=6, max_size=20), st.integers(2, 5), st.integers(0, 99))
def test_groups_are_in_one_partition_and_each_is_tested_once(sizes, n_folds, seed):
    pool = corpus(sizes)
    tested = []
    for fold in range(1, n_folds + 1):
        found = group(pool, fold, n_folds=n_folds, **SETTINGS | {"seed": seed})
        partitions = pool.assign(partition=found).groupby("speaker")["partition"].unique()
        assert all(len(names) == 1 for names in partitions)
        assert set(found) <= {"train", "dev", "test"}
        tested += list(pool["speaker"][found == "test"].unique())
    assert sorted(tested) == sorted(pool["speaker"].unique())


def test_folds_have_about_as_many_utterances():
    pool = corpus([60] * 24)
    sizes = [(group(pool, f, n_folds=6, **SETTINGS) == "test").sum() for f in range(1, 7)]
    assert sizes == [240] * 6
    # 9 goes to one fold, 5 and then 4 to the other; 2 and 1 wherever less is.
    pool = corpus([9, 5, 4, 2, 1])
    sizes = sorted((group(pool, f, n_folds=2, **SETTINGS) == "test").sum() for f in (1, 2))
    assert sizes == [10, 11]


def test_the_development_partition_has_whole_groups_of_a_tenth_of_training():
    pool = corpus([10] * 24)
    found = group(pool, 1, n_folds=6, **SETTINGS)
    assert (found == "dev").sum() == 20  # two of twenty speakers
    assert pool["speaker"][found == "dev"].nunique() == 2


def test_a_random_development_partition_has_a_tenth_of_each_class():
    pool = corpus([10] * 24)
    found = group(pool, 1, n_folds=6, **SETTINGS | {"development": "random"})
    assert pool["label"][found == "dev"].value_counts().to_dict() == {"x": 10, "y": 10}


def test_the_seed_decides_who_is_tested_together():
    pool = corpus([10] * 24)

    def tested(seed):
        found = group(pool, 1, n_folds=6, **SETTINGS | {"seed": seed})
        return set(pool["speaker"][found == "test"])

    assert tested(1) == tested(1)
    assert len({frozenset(tested(seed)) for seed in range(10)}) > 5


def test_too_few_groups_and_missing_ones_are_named():
    with pytest.raises(DataError, match="5 folds by speaker, found 2 groups"):
        group(corpus([3, 3]), 1, n_folds=5, **SETTINGS)
    pool = corpus([3, 3]).replace({"speaker": {"b": ""}})
    with pytest.raises(DataError, match="3 utterances have no speaker, the first is u3"):
        group(pool, 1, n_folds=2, **SETTINGS)
    with pytest.raises(DataError, match="the corpus has no column room; found utterance_id"):
        group(pool, 1, n_folds=2, **SETTINGS | {"by": "room"})


def test_the_official_partitions_are_those_of_the_column():
    pool = corpus([2, 2, 2]).assign(split=["train", "train", "dev", "test", "test", ""])
    assert list(official(pool, 1, **SETTINGS)) == [
        "train",
        "train",
        "dev",
        "test",
        "test",
        "unused",
    ]


def test_an_official_split_without_development_takes_whole_groups_from_training():
    pool = corpus([10] * 12)
    pool["split"] = ["test" if name in "kl" else "train" for name in pool["speaker"]]
    found = official(pool, 1, **SETTINGS)
    assert (found == "dev").sum() == 10
    assert len(set(pool["speaker"][found == "dev"])) == 1
    assert set(pool["speaker"][found == "test"]) == {"k", "l"}


def test_an_official_split_needs_its_column():
    with pytest.raises(DataError, match="reads the column split, which the corpus lacks"):
        official(corpus([2, 2]), 1, **SETTINGS)
