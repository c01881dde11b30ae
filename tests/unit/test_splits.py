from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emofusion.errors import DataError
from emofusion.splits import same_words, split
from emofusion.splits.published import published_split
from emofusion.splits.stratified import random_split

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


OPTIONS = {
    "labels": ["ang", "neu"],
    "min_class_size": 1,
    "method": "all",
    "n_folds": 5,
    "seed": 1,
    "development": "session",
    "unseen_lines": False,
}


def corpus(labels=("ang", "neu"), turns=5):
    """Five sessions of one dialog in which F and M say the lines 0 ... turns - 1."""
    return pd.DataFrame(
        [
            {
                "utterance_id": f"Ses0{session}F_script01_1_{gender}{label}{turn:03d}",
                "session": session,
                "dialog": f"Ses0{session}F_script01_1",
                "speaker": f"Ses0{session}{gender}",
                "method": "scripted",
                "transcript": f"Line {turn}.",
                "label": label,
            }
            for session in range(1, 6)
            for gender in "FM"
            for label in labels
            for turn in range(turns)
        ]
    )


def partitions(table, fold, **options):
    done = split(table, table, fold, **OPTIONS | options)
    return table.assign(partition=done["partition"].to_numpy()).groupby("partition")


def test_an_utterance_excluded_for_its_data_does_not_move_the_others():
    utterances = pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(50)],
            "label": ["ang", "neu", "xxx", "ang", "neu"] * 10,
        }
    )
    selected = utterances[utterances["label"] != "xxx"]
    everything = split(utterances, selected, 1, scheme="published", **OPTIONS)
    without_one = split(utterances, selected.drop(index=0), 1, scheme="published", **OPTIONS)
    assert everything["utterance_id"].tolist()[0] == "u0"
    assert "u2" not in set(everything["utterance_id"])
    pd.testing.assert_frame_equal(everything.iloc[1:], without_one)


@pytest.mark.parametrize("fold", FOLDS)
def test_a_session_is_tested_and_the_next_one_develops(fold):
    groups = partitions(corpus(), fold, scheme="session")["session"].unique()
    assert groups["test"] == [fold]
    assert groups["dev"] == [fold % 5 + 1]
    assert sorted(groups["train"]) == sorted({1, 2, 3, 4, 5} - {fold, fold % 5 + 1})


def test_a_random_tenth_of_the_training_sessions_develops_in_every_class():
    groups = partitions(corpus(), 2, scheme="session", development="random")
    assert groups.get_group("test")["session"].unique() == [2]
    assert groups.size().to_dict() == {"train": 72, "dev": 8, "test": 20}
    assert groups.get_group("dev")["label"].value_counts().to_dict() == {"ang": 4, "neu": 4}


def test_the_partner_of_the_test_speaker_develops():
    groups = partitions(corpus(), 4, scheme="session", development="partner", n_folds=10)
    speakers = groups["speaker"].unique()
    assert (speakers["test"], speakers["dev"]) == (["Ses02M"], ["Ses02F"])
    assert len(speakers["train"]) == 8


@pytest.mark.parametrize("development", ["session", "random"])
@pytest.mark.parametrize("fold", range(1, 11))
def test_a_speaker_is_tested_and_the_partner_unused(fold, development):
    options = {"scheme": "speaker", "development": development, "n_folds": 10}
    groups = partitions(corpus(), fold, **options)["speaker"].unique()
    assert len(groups["test"]) == len(groups["unused"]) == 1
    assert groups["test"][0] != groups["unused"][0]
    assert groups["test"][0][:5] == groups["unused"][0][:5]
    known = {*groups["train"], *groups["dev"]}
    assert len(known) == 8
    assert known.isdisjoint({groups["test"][0], groups["unused"][0]})


@given(
    scheme=st.sampled_from(["session", "speaker"]),
    development=st.sampled_from(["session", "random"]),
    seed=st.integers(0, 99),
    turns=st.integers(3, 6),
)
def test_over_the_folds_every_utterance_is_tested_once(scheme, development, seed, turns):
    table = corpus(turns=turns)
    folds = range(1, 6 if scheme == "session" else 11)
    options = OPTIONS | {"scheme": scheme, "development": development, "seed": seed}
    done = [split(table, table, fold, **options) for fold in folds]
    assert (sum((fold["partition"] == "test").astype(int) for fold in done) == 1).all()
    assert all(list(fold["utterance_id"]) == list(table["utterance_id"]) for fold in done)


def test_random_folds_are_stratified_among_the_dialogs_that_are_used():
    table = corpus(turns=20)
    table.loc[table.index % 4 == 0, "method"] = "improvised"
    used = table[table["method"] == "improvised"]
    done = split(table, used, 1, **OPTIONS | {"scheme": "random", "method": "improvised"})
    counts = done.groupby(["partition", "label"]).size()
    assert counts["dev"].to_list() == [2, 3]  # of 50 in each class a fifth is held out, a quarter
    assert counts["test"].to_list() == [8, 7]  # of these for development


def test_more_folds_than_sessions_are_refused():
    with pytest.raises(DataError, match="Fold 6 is asked for, but the corpus has 5 sessions"):
        partitions(corpus(), 6, scheme="session")


def test_scripted_test_lines_that_occur_in_training_are_left_out():
    table = corpus()
    tested = table["session"] == 1
    table.loc[tested, "transcript"] = [f"Only here {i}!" for i in range(tested.sum())]
    table.loc[0, "transcript"] = "LINE 3"  # said in training, but for case and punctuation
    table.loc[1, ["transcript", "method"]] = ["Line 3.", "improvised"]
    groups = partitions(table, 1, scheme="session", unseen_lines=True)
    assert list(groups.get_group("unused")["utterance_id"]) == [table.loc[0, "utterance_id"]]
    assert len(groups.get_group("test")) == 19


def test_a_test_partition_without_unseen_lines_is_an_error():
    with pytest.raises(DataError, match="Fold 1 has no test utterance among 100"):
        partitions(corpus(), 1, scheme="session", unseen_lines=True)


def test_the_words_of_a_line_do_not_depend_on_case_and_punctuation():
    lines = pd.Series(["I don't -- know!", "i DON'T know", "I do not know."])
    assert list(same_words(lines)) == ["i don't know", "i don't know", "i do not know"]
    assert list(same_words(pd.Series(["I don\u2019t know\u2026"]))) == ["i don't know"]
