"""Folds that keep groups together, and a corpus's own partitions."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emofusion.errors import DataError
from emofusion.splits import same_words, split
from emofusion.splits.groups import group, lines, official

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


WORDS = st.lists(
    st.sampled_from(["Yes.", "yes", "No!", "I know", "I know.", "Why?", "go", "stop it"]),
    min_size=12,
    max_size=40,
).filter(lambda said: same_words(pd.Series(said)).nunique() >= 4)


@given(WORDS, st.integers(2, 3), st.sampled_from(["group", "random"]), st.integers(0, 99))
def test_no_words_are_in_training_and_test_and_each_line_is_tested_once(
    said, n_folds, development, seed
):
    pool = corpus([len(said)]).assign(transcript=said)
    words, tested = same_words(pool["transcript"]), []
    for fold in range(1, n_folds + 1):
        found = lines(pool, fold, n_folds=n_folds, seed=seed, development=development)
        of_test = set(words[found == "test"])
        assert not of_test & set(words[found != "test"])
        if development == "group":
            assert not set(words[found == "dev"]) & set(words[found == "train"])
        tested += sorted(of_test)
    assert sorted(tested) == sorted(set(words))


def test_utterances_without_words_cannot_be_split_by_lines():
    pool = corpus([3]).assign(transcript=["one", "two", "..."])
    with pytest.raises(DataError, match="1 utterances have none, the first is u2; add transcripts"):
        lines(pool, 1, n_folds=2, seed=1, development="random")
    pool = corpus([4]).assign(transcript=["one", "One!", "two", "two"])
    with pytest.raises(DataError, match="3 folds by transcript, found 2 groups"):
        lines(pool, 1, n_folds=3, seed=1, development="random")


def drawn(fold, scheme="group", **settings):
    """A fold of 24 speakers with ten utterances each, as the workflow cuts it."""
    pool = corpus([10] * 24)
    given = {
        "scheme": scheme, "labels": ["x", "y"], "min_class_size": 1, "method": "all",
        "n_folds": 4, "repeats": 3, "seed": 1, "development": "random", "unseen_lines": False,
    }  # fmt: skip
    table = split(pool.assign(method="all"), pool, fold, **given | settings)
    return table.set_index("utterance_id")["partition"]


@pytest.mark.parametrize("scheme", ["group", "random"])
def test_repeated_folds_are_drawn_anew_and_the_first_are_those_without_repeats(scheme):
    folds = [drawn(fold, scheme) for fold in range(1, 13)]
    for repetition in range(3):
        of_one = folds[4 * repetition : 4 * repetition + 4]
        tested = pd.concat([one[one == "test"] for one in of_one])
        if scheme == "group":
            assert sorted(tested.index) == sorted(folds[0].index)
        assert tested.index.is_unique
    assert len({tuple(one) for one in folds}) == 12
    assert all(drawn(fold, scheme, repeats=1).equals(folds[fold - 1]) for fold in range(1, 5))


def test_folds_of_one_group_each_cannot_be_drawn_again():
    with pytest.raises(DataError, match=r"found 3, but each of the 24 folds tests one group by sp"):
        drawn(1, n_folds=24)
