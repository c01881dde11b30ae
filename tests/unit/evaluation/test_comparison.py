import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from emofusion.errors import DataError
from emofusion.evaluation.comparison import (
    Options,
    Pair,
    clusters_in,
    compare,
    describe,
    differences_by_fold,
    pairs,
    ratios_in,
    read_systems,
    speakers_are_new,
)
from emofusion.evaluation.metrics import score
from emofusion.evaluation.verdicts import decide, kind, read_verdicts, verdict_text
from emofusion.schemas import COMPARISONS, VERDICTS
from emofusion.wording import decimals, probability

MARGINS = {"balanced_accuracy": 0.02, "accuracy": 0.015}
OPTIONS = Options(alpha=0.05, power=0.8, margins=MARGINS, bootstrap=200, seed=0)
IDS = ["u1", "u2", "u3", "u4", "u5"]
LABELS = ["ang", "ang", "ang", "ang", "neu"]
FOLDS = range(1, 9)
CLUSTERS = {
    name: pd.Series({f"{utterance}.{fold}": one
                     for fold in FOLDS for utterance, one in zip(IDS, members, strict=True)})
    for name, members in (("dialog", ["d1", "d1", "d2", "d2", "d3"]), ("speaker", "FMFMF"))
}  # fmt: skip
PAIR = Pair("table1", "t", "self", "cross")


def run(fold, seed, right):
    """Predictions of a fold's five utterances; `right` has a 1 where one is right."""
    wrong = {"ang": "neu", "neu": "ang"}
    return pd.DataFrame(
        {
            "fold": fold,
            "seed": seed,
            "utterance_id": [f"{name}.{fold}" for name in IDS],
            "label": LABELS,
            "predicted": [y if r == "1" else wrong[y] for y, r in zip(LABELS, right, strict=True)],
        }
    )


def system(*runs):
    return describe(pd.concat([run(*one) for one in runs]))


def both(a, b, clusters=CLUSTERS, ratios=None, options=OPTIONS, pair=PAIR, **more):
    systems = {(pair.model_a, "t"): a, (pair.model_b, "t"): b}
    ratios = ratios or dict.fromkeys(FOLDS, 0.25)
    return compare([pair], systems, clusters, ratios, options, **more)


BETTER = system((1, 1, "11111"), (1, 2, "11110"), (2, 1, "11101"), (3, 1, "11111"))
WORSE = system((1, 1, "11000"), (1, 2, "10001"), (2, 1, "11000"), (3, 1, "10001"))
# Eight folds: always right, and right about one or two of five.
FAR_BETTER = system(*((fold, 1, "11111") for fold in range(1, 9)))
FAR_WORSE = system(*((fold, 1, "11000" if fold % 2 else "10001") for fold in range(1, 9)))


def test_runs_are_scored_as_the_metrics_are():
    predictions = run(1, 1, "11100")
    table = describe(predictions).runs.loc[(1, 1)]
    expected = score(predictions.assign(p_ang=0.5, p_neu=0.5))
    assert table["accuracy"] == expected["accuracy"] == 3 / 5
    assert table["balanced_accuracy"] == expected["balanced_accuracy"] == (3 / 4 + 0) / 2


def test_correctness_of_an_utterance_is_averaged_over_seeds():
    correct = system((1, 1, "11110"), (1, 2, "00001")).utterances["correct"]
    assert correct.loc[1].to_dict() == {f"{name}.1": 0.5 for name in IDS}


def test_fold_differences_average_seeds_first():
    # Fold 1: A (5/5 + 4/5) / 2, B 2/5 twice; fold 2: 4/5 and 2/5; fold 3: 5/5 and 2/5.
    assert differences_by_fold(BETTER, WORSE, "accuracy").to_dict() == pytest.approx(
        {1: 0.5, 2: 0.4, 3: 0.6}
    )


def test_the_row_of_each_test_by_hand():
    comparisons, verdicts = both(BETTER, WORSE)
    assert list(comparisons) == COMPARISONS
    assert list(verdicts) == VERDICTS
    rows = comparisons[comparisons["metric"] == "accuracy"].set_index("test")
    assert list(rows.index) == [
        "published", "paired_folds", "paired_speakers", "corrected_resampled",
        "bootstrap_dialogs", "bootstrap_speakers", "equivalence", "equivalence_corrected", "bayes",
    ]  # fmt: skip
    assert rows["n"].to_dict() == {
        "published": 8, "paired_folds": 3, "paired_speakers": 2, "corrected_resampled": 3,
        "bootstrap_dialogs": 3, "bootstrap_speakers": 2, "equivalence": 3,
        "equivalence_corrected": 3, "bayes": 3,
    }  # fmt: skip
    # Differences .5, .4, .6: mean .5, deviation .1, which sampling five utterances exceeds:
    # 0, .5, 1, 1, 0 in fold 1 (squares 1), 0, 0, 1, 0, 1 in fold 2 (1.2), 0, 1, 1, 1, 0 in fold 3
    # (1.2); pooled variance 3.4 / 12, error sqrt(3 x 3.4 / 12 / 5) / 3.
    error = math.sqrt(3 * 3.4 / 12 / 5) / 3
    assert rows.loc["paired_folds", "error"] == pytest.approx(error)
    assert rows.loc["paired_folds", "statistic"] == pytest.approx(0.5 / error)
    assert rows.loc["corrected_resampled", "error"] == pytest.approx(error)
    assert set(verdicts["error_from"]) == {"utterances"}
    # Runs: 1, .8, .8, 1 against .4 four times.
    assert rows.loc["published", "difference"] == pytest.approx(0.5)
    # Right, over (fold, seed-averaged utterance): A 3 - .5 for u5 in fold 1, and u4 in fold 2.
    assert rows.loc["bootstrap_dialogs", "difference"] == pytest.approx((13.5 - 6) / 15)
    assert verdicts.loc[0, ["folds", "runs_a", "runs_b"]].to_list() == [3, 4, 4]


def test_the_bootstrap_of_balanced_accuracy_averages_the_classes():
    comparisons, _ = both(BETTER, WORSE)
    row = comparisons.set_index(["metric", "test"]).loc["balanced_accuracy", "bootstrap_dialogs"]
    # ang: A 11 of 12 right, B 5 of 12 (1.5 + 2 + 1 = 4.5); neu: A 2.5 of 3, B 1.5 of 3.
    assert row["difference"] == pytest.approx(((11 - 4.5) / 12 + (2.5 - 1.5) / 3) / 2)


def test_swapping_the_systems_mirrors_the_rows():
    one, verdicts = both(FAR_BETTER, FAR_WORSE)
    other, swapped = both(FAR_WORSE, FAR_BETTER)
    assert np.allclose(one["difference"], -other["difference"])
    assert np.allclose(one["p"], other["p"], equal_nan=True)
    assert np.allclose(one["low"], -other["high"], equal_nan=True)
    assert np.allclose(one["p_below"], other["p_above"], equal_nan=True)
    assert list(verdicts["direction"]) == ["better", "better"]
    assert list(swapped["direction"]) == ["worse", "worse"]


def test_identical_systems_are_equivalent():
    comparisons, verdicts = both(FAR_WORSE, FAR_WORSE)
    difference = ~comparisons["test"].str.startswith("equivalence")
    assert (comparisons.loc[difference, "p"].dropna() == 1).all()
    assert list(verdicts["verdict"]) == ["equivalent within .020", "equivalent within .015"]
    assert (verdicts["smallest_margin"] == 0).all()


def test_seeds_in_another_order_make_no_difference():
    again = system((3, 9, "11111"), (2, 4, "11101"), (1, 7, "11110"), (1, 3, "11111"))
    assert (differences_by_fold(BETTER, again, "balanced_accuracy") == 0).all()


def test_only_common_folds_are_compared():
    missing = system((1, 1, "11000"), (2, 1, "11100"))
    comparisons, verdicts = both(BETTER, missing)
    assert verdicts[["folds", "runs_a", "runs_b"]].to_numpy().tolist() == [[2, 3, 2]] * 2
    published = comparisons[comparisons["test"] == "published"]
    assert (published["n"] == 5).all()


@pytest.mark.parametrize(
    ("other", "words", "folds"),
    [
        (system((1, 1, "11000")), "undecided (1 fold, a verdict needs 4)", 1),
        (system((4, 1, "11000")), "undecided (no common fold)", 0),
    ],
)
def test_without_two_common_folds_there_is_no_test(other, words, folds):
    comparisons, verdicts = both(BETTER, other)
    assert (verdicts["verdict"] == words).all()
    assert (verdicts["folds"] == folds).all()
    assert comparisons.loc[comparisons["test"] == "paired_folds", "p"].isna().all()


def test_fewer_than_four_folds_decide_nothing_however_they_agree():
    _, verdicts = both(BETTER, WORSE)
    assert set(verdicts["verdict"]) == {"undecided (3 folds, a verdict needs 4)"}
    assert set(verdicts["reason"]) == {"few_folds"}


def test_a_difference_in_every_utterance_leaves_nothing_to_test():
    folds = range(1, 5)
    always, never = (system(*((fold, 1, right) for fold in folds)) for right in ("11111", "00000"))
    _, verdicts = both(always, never)
    assert set(verdicts["verdict"]) == {"undecided (the differences do not vary)"}


def test_over_new_speakers_the_speakers_are_the_samples():
    # Each speaker has one utterance of either class in each of four folds.
    ids, labels = [f"{who}{i}" for who in "ABCDE" for i in (1, 2)], ["ang", "neu"] * 5
    speakers = pd.Series([name[0] for name in ids], index=ids)

    def predictions(wrong):
        return describe(
            pd.DataFrame(
                [
                    (fold, 1, name, label, "sur" if name in wrong else label)
                    for fold in range(1, 5)
                    for name, label in zip(ids, labels, strict=True)
                ],
                columns=["fold", "seed", "utterance_id", "label", "predicted"],
            )
        )

    a, b = predictions(()), predictions(("A1", "B1", "B2", "C1"))
    comparisons, verdicts = both(a, b, {"speaker": speakers}, new_speakers=True)
    row = comparisons.set_index(["metric", "test"]).loc["accuracy", "paired_speakers"]
    # Differences .5, 1, .5, 0, 0: mean .4, variance .7 / 4; of five speakers.
    assert (row["n"], row["difference"]) == (5, pytest.approx(0.4))
    assert row["statistic"] == pytest.approx(0.4 / math.sqrt(0.175 / 5))
    assert set(verdicts["primary"]) == {"paired_speakers"}
    assert set(verdicts["speakers"]) == {5}
    # The ratio of a fold is .25; a speaker has a fifth of the utterances, which each fold tests.
    corrected = comparisons.set_index(["metric", "test"]).loc["accuracy", "corrected_resampled"]
    assert corrected["error"] == pytest.approx(math.sqrt(0.175 * (1 / 5 + 0.25 / 5)))


@pytest.mark.parametrize(("shares", "new"), [([0, 0], True), ([0, 0.1], False)])
def test_speakers_are_new_where_no_fold_trains_on_a_test_speaker(shares, new):
    test = pd.DataFrame({"fold": [1, 2], "partition": "test", "speaker": shares})
    dev = pd.DataFrame({"fold": [1, 2], "partition": "dev", "speaker": 1.0})
    assert speakers_are_new(pd.concat([test, dev])) == new


def test_without_dialogs_and_speakers_there_is_no_bootstrap():
    unknown = clusters_in(pd.DataFrame({"utterance_id": IDS, "dialog": "", "speaker": ""}))
    assert unknown == {}
    comparisons, _ = both(BETTER, WORSE, clusters=unknown)
    assert not comparisons["test"].str.startswith("bootstrap").any()


def test_the_ratio_is_that_of_the_common_folds():
    leakage = pd.DataFrame(
        {
            "fold": [1, 1, 2, 3],
            "partition": ["dev", "test", "test", "test"],
            "utterances": [7, 20, 40, 90],
            "training": [100, 100, 100, 100],
        }
    )
    ratios = ratios_in(leakage)
    assert ratios == {1: 0.2, 2: 0.4, 3: 0.9}
    two = system((1, 1, "11000"), (2, 1, "11100"))
    comparisons, _ = both(BETTER, two, ratios=ratios)
    rows = comparisons[comparisons["metric"] == "accuracy"].set_index("test")
    # Differences .5 and .2 have the mean .35 and the variance .045; the ratio is .3. Sampling the
    # utterances gives less than this: sqrt(.0072) < sqrt((1 / 2 + .3) .045).
    t = 0.35 / math.sqrt((1 / 2 + 0.3) * 0.045)
    assert rows.loc["corrected_resampled", "statistic"] == pytest.approx(t)


def test_pairs_are_worded_as_the_claims_and_stay_on_one_modality_set():
    names = [("mdre", "ta"), ("cross", "ta"), ("self", "ta"), ("self", "t"), ("mean", "tva"),
             ("cross_nosp", "tva"), ("self_nosp", "tva"), ("self", "tva"), ("cross", "tva"),
             ("cross_matched", "tva")]  # fmt: skip
    found = pairs(names)
    assert [pair for pair in found if pair.family != "other"] == [
        ("table1", "ta", "self", "cross"),
        ("table1", "tva", "self", "cross"),
        ("table2", "tva", "self_nosp", "cross_nosp"),
        ("table2", "tva", "cross", "cross_nosp"),
        ("table2", "tva", "self", "self_nosp"),
        ("baselines", "ta", "cross", "mdre"),
        ("baselines", "ta", "self", "mdre"),
        ("controls", "tva", "self", "mean"),
        ("controls", "tva", "cross", "mean"),
        ("controls", "tva", "self", "cross_matched"),
        ("controls", "tva", "cross", "cross_matched"),
    ]
    assert [pair for pair in found if pair.family == "other"] == [
        ("other", "tva", "mean", "cross_nosp"),
        ("other", "tva", "mean", "self_nosp"),
        ("other", "tva", "mean", "cross_matched"),
        ("other", "tva", "cross_nosp", "self"),
        ("other", "tva", "cross_nosp", "cross_matched"),
        ("other", "tva", "self_nosp", "cross"),
        ("other", "tva", "self_nosp", "cross_matched"),
    ]


def test_holm_counts_the_tests_of_the_own_family_alone():
    middle = system((1, 1, "11100"), (2, 1, "11001"), (3, 1, "11110"))
    systems = {("self", "t"): BETTER, ("cross", "t"): WORSE, ("mine", "t"): middle}
    named = pairs(list(systems))
    comparisons, verdicts = compare(named, systems, {}, {1: 0.2, 2: 0.2, 3: 0.2}, OPTIONS)
    for test in ("paired_folds", "published", "corrected_resampled"):
        rows = comparisons[comparisons["test"] == test]
        claim = rows[rows["family"] == "table1"].sort_values("p")
        # Two tests: the smaller P twice, the greater one at least as great.
        assert claim["p_holm"].iloc[0] == pytest.approx(2 * claim["p"].iloc[0])
        assert claim["p_holm"].iloc[1] == pytest.approx(max(2 * claim["p"].iloc[0],
                                                            claim["p"].iloc[1]))  # fmt: skip
        other = rows[rows["family"] == "other"].sort_values("p")
        assert other["p_holm"].iloc[0] == pytest.approx(4 * other["p"].iloc[0])
    assert comparisons.loc[comparisons["test"] == "bayes", "p_holm"].isna().all()
    assert (verdicts["p_holm"].to_numpy()
            == comparisons.loc[comparisons["test"] == "paired_folds", "p_holm"]).all()  # fmt: skip


def test_the_primary_endpoint_is_tested_without_holm_and_the_others_of_its_family_without_it():
    primary = {"models": ["cross", "self"], "modalities": "t", "metric": "accuracy"}
    comparisons, verdicts = both(
        BETTER, WORSE, options=dataclasses.replace(OPTIONS, primary=primary)
    )
    assert verdicts.loc[verdicts["endpoint"], "metric"].tolist() == ["accuracy"]
    for test in ("paired_folds", "corrected_resampled", "equivalence"):
        rows = comparisons[comparisons["test"] == test]
        assert rows["p_holm"].tolist() == rows["p"].tolist()  # each is alone
    comparisons, verdicts = both(BETTER, WORSE)
    assert not verdicts["endpoint"].any()
    rows = comparisons[comparisons["test"] == "paired_folds"]
    assert (rows["p_holm"] > rows["p"]).any()


def decided(difference=0.03, p=0.01, holm=0.02, corrected=0.03, tost=0.9, tost_corrected=0.9,
            folds=5, n=5):  # fmt: skip
    """The row of a comparison, as far as its verdict needs it."""
    tests = {
        "paired_folds": {"n": n, "difference": difference, "p": p, "p_holm": holm},
        "corrected_resampled": {"p_holm": corrected},
        "equivalence": {"p": tost / 2, "p_holm": tost},
        "equivalence_corrected": {"p": tost_corrected / 2, "p_holm": tost_corrected},
    }
    facts = {"folds": folds, "speakers": n, "p": p, "p_corrected_holm": corrected, "margin": 0.02,
             "primary": "paired_folds", "sample": "fold", "samples": n}  # fmt: skip
    return facts | decide(tests, "paired_folds", folds, 5, 0.05)._asdict()


@pytest.mark.parametrize(
    ("given", "one", "text"),
    [
        ({}, "better", "better"),
        ({"difference": -0.03}, "worse", "worse"),
        ({"p": 0.5, "holm": 1, "corrected": 1, "tost": 0.01, "tost_corrected": 0.02},
         "equivalent", "equivalent within .020"),
        ({"tost": 0.01, "tost_corrected": 0.02}, "better", "better, but equivalent within .020"),
        ({"p": 0.5, "holm": 1, "corrected": 1}, "undecided", "undecided"),
        ({"p": 0.031, "holm": 0.06, "corrected": 0.2},
         "undecided", "undecided (only before Holm, P = .031)"),
        ({"corrected": 0.0504},
         "undecided", "undecided (not after Nadeau-Bengio and Holm, P = .0504)"),
        ({"p": 0.5, "holm": 1, "corrected": 1, "tost": 0.01, "tost_corrected": 0.05},
         "undecided", "undecided (equivalent, but not after Nadeau-Bengio and Holm)"),
        ({"p": 0.5, "holm": 1, "corrected": 1, "tost": 0.06, "tost_corrected": 0.06},
         "undecided", "undecided (equivalent, but not after Nadeau-Bengio and Holm)"),
        ({"folds": 2}, "undecided", "undecided (2 folds, a verdict needs 4)"),
        ({"n": 3}, "undecided", "undecided (3 speakers, a verdict needs 4)"),
        ({"folds": 0}, "undecided", "undecided (no common fold)"),
        ({"p": math.nan}, "undecided", "undecided (the differences do not vary)"),
    ],
)  # fmt: skip
def test_verdicts_as_columns_and_in_words(given, one, text):
    row = decided(**given)
    assert kind(row) == one
    assert verdict_text(row) == text


def test_verdicts_are_read_as_they_were_written(tmp_path):
    _, verdicts = both(FAR_BETTER, FAR_WORSE)
    _, undecided = both(BETTER, WORSE)
    table = pd.concat([verdicts, undecided], ignore_index=True)
    table.to_csv(tmp_path / "verdicts.csv", index=False)
    again = read_verdicts(tmp_path / "verdicts.csv")
    pd.testing.assert_frame_equal(again, table)
    assert [verdict_text(row) for row in again.to_dict("records")] == list(table["verdict"])


@pytest.mark.parametrize(
    ("p", "printed"),
    [(0.031, "= .031"), (0.0004, "< .001"), (0.05, "= .050"), (0.0496, "= .0496"),
     (0.05004, "= .05004"), (0.0504, "= .0504"), (1, "= 1.000")],
)  # fmt: skip
def test_p_shows_on_which_side_of_the_level_it_is(p, printed):
    assert probability(p) == printed


def test_decimals_are_the_paper_s():
    assert [decimals(x) for x in (0.5, -0.0123, 0, -0.0002, 1, 10.05, 0.9996)] == [
        ".500", "-.012", ".000", ".000", "1.000", "10.050", "1.000",
    ]  # fmt: skip


def test_systems_are_read_from_the_test_partition_of_their_runs(tmp_path):
    text = "utterance_id,partition,label,predicted,p_ang\nu0,dev,ang,neu,0\nu1,test,ang,ang,1\n"
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text(text)
    keys = [
        {"model": model, "modalities": "t", "fold": 1, "seed": 2} for model in ("self", "cross")
    ]
    systems = read_systems(zip(keys, paths, strict=True))
    assert list(systems) == [("self", "t"), ("cross", "t")]
    assert systems["self", "t"].runs.loc[(1, 2), "accuracy"] == 1
    paths[1].write_text("utterance_id,partition,label,predicted\nu0,dev,ang,neu\n")
    with pytest.raises(DataError, match=r"b.csv: no prediction for the test partition"):
        read_systems(zip(keys, paths, strict=True))


def test_the_draws_follow_the_seed():
    one, again = (both(BETTER, WORSE)[0] for _ in range(2))
    assert one.equals(again)
    other = both(BETTER, WORSE, options=dataclasses.replace(OPTIONS, seed=1))[0]
    assert not one.equals(other)


def test_speakers_of_one_fold_are_no_more_certain_than_the_folds():
    # Two speakers in each of four folds; what a fold does, it does to both.
    ids = [f"{who}{i}" for who in "ABCDEFGH" for i in range(40)]
    speakers = pd.Series([name[0] for name in ids], index=ids)
    fold = {who: number // 2 + 1 for number, who in enumerate("ABCDEFGH")}
    lost = {1: 0, 2: 0, 3: 20, 4: 20}  # utterances of each speaker that only A knows

    def predictions(knows_all):
        return describe(
            pd.DataFrame(
                [
                    (fold[name[0]], 1, name, "ang",
                     "ang" if knows_all or int(name[1:]) >= lost[fold[name[0]]] else "neu")
                    for name in ids
                ],
                columns=["fold", "seed", "utterance_id", "label", "predicted"],
            )
        )  # fmt: skip

    _, verdicts = both(predictions(True), predictions(False), {"speaker": speakers},
                       new_speakers=True)  # fmt: skip
    # Differences 0, 0, .5, .5 of the folds: mean .25, variance .25 / 3, error sqrt(.25 / 3 / 4).
    # Of eight speakers the error would be sqrt(.5 / 7 / 8).
    assert verdicts["error"].to_list() == pytest.approx([math.sqrt(0.25 / 12)] * 2)
    assert set(verdicts["error_from"]) == {"folds"}


def test_folds_drawn_again_are_no_new_folds():
    """Four folds that are drawn twice, with equal results in both draws."""

    def twice(right):
        one = pd.concat([run(fold, 1, right[fold - 1]) for fold in range(1, 5)])
        return describe(pd.concat([one, one.assign(fold=one["fold"] + 4)]))

    marks = ["11110", "11100", "11111", "01111"]
    a, b = twice(marks), twice(["11000"] * 4)
    once = [system(*((fold, 1, right[fold - 1]) for fold in range(1, 5)))
            for right in (marks, ["11000"] * 4)]  # fmt: skip
    repeated, first = (both(*pair)[0].set_index(["metric", "test"]).loc["accuracy"]
                       for pair in ((a, b), once))  # fmt: skip
    assert (first.loc["paired_folds", "n"], repeated.loc["paired_folds", "n"]) == (4, 8)
    # Differences .4, .2, .6, .4 have the deviation .163; over eight it is .151. Sampling five
    # utterances a fold makes the larger error in both; no draw makes it smaller.
    assert repeated.loc["paired_folds", "error"] == pytest.approx(
        first.loc["paired_folds", "error"]
    )
    # The differences of speakers are of each utterance once.
    same = repeated.loc["paired_speakers"].drop("p_holm") == first.loc["paired_speakers"].drop(
        "p_holm"
    )
    assert same[["n", "difference"]].all()


def single(right_a, right_b):
    """Predictions of two systems on one partition of 12 dialogs of two utterances each.

    `right_*`: for each seed, how many of the dialogs 1, 2, ... are right in both utterances.
    """
    ids = [f"{dialog}.{place}" for dialog in range(12) for place in "ab"]
    dialogs = pd.Series([name.split(".")[0] for name in ids], index=ids)

    def predictions(counts):
        return describe(pd.DataFrame(
            [(1, seed, name, "ang", "ang" if int(name.split(".")[0]) < count else "neu")
             for seed, count in enumerate(counts, start=1) for name in ids],
            columns=["fold", "seed", "utterance_id", "label", "predicted"],
        ))  # fmt: skip

    clusters = {"dialog": dialogs}
    comparisons, verdicts = both(predictions(right_a), predictions(right_b), clusters, {1: 0.3})
    row = comparisons[comparisons["metric"] == "accuracy"].set_index("test")
    return row, verdicts.set_index("metric").loc["accuracy"]


def test_a_single_partition_is_judged_by_its_clusters_and_the_seeds():
    rows, verdict = single((12, 12, 12, 10, 10), (2,) * 5)
    # Both are right in dialogs 0 and 1, A in 2 to 9 too, in 10 and 11 with three of five seeds:
    # differences 0 (twice), 1 (eight times), .6 (twice); mean 9.2 / 12, squares 8.72.
    # Accuracies of A: 1 three times and 5/6 twice, variance 1 / 120; of B always 1/6.
    error = math.sqrt((8.72 - 9.2**2 / 12) / 11 / 12 + 1 / 120 / 5)
    one = rows.loc["one_partition"]
    assert (one["n"], one["difference"]) == (12, pytest.approx(9.2 / 12))
    assert one["error"] == pytest.approx(error)
    assert one["statistic"] == pytest.approx(9.2 / 12 / error)
    assert "corrected_resampled" not in rows.index
    assert verdict[["primary", "sample", "samples"]].to_list() == ["one_partition", "dialog", 12]
    assert verdict["verdict"] == "better on this test partition"
    assert math.isnan(verdict["p_corrected"])


def test_equivalence_on_a_single_partition_says_where_it_holds():
    _, verdict = single((12,) * 5, (12,) * 5)
    assert verdict["verdict"] == "equivalent within .015 on this test partition"


@pytest.mark.parametrize(("seeds", "found"), [(1, "1 seed"), (4, "4 seeds")])
def test_few_seeds_do_not_show_how_much_training_matters(seeds, found):
    _, verdict = single((12,) * seeds, (2,) * seeds)
    assert verdict["verdict"] == f"undecided ({found}, a verdict on one partition needs 5)"


def test_few_clusters_of_a_single_partition_decide_nothing():
    _, verdicts = both(system((1, 1, "11111"), (1, 2, "11110")),
                       system((1, 1, "11000"), (1, 2, "11000")), ratios={1: 0.25})  # fmt: skip
    assert set(verdicts["reason"]) == {"few_clusters"}
    found = set(verdicts["verdict"])
    assert found <= {"undecided (3 dialogs, a verdict on one partition needs 10)",
                     "undecided (2 speakers, a verdict on one partition needs 10)"}  # fmt: skip
