import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from emofusion.evaluation.published import published_tests, reproduction, results

KEY = ["table", "modalities", "model_a", "model_b", "metric"]
TESTS = published_tests(0.05).set_index(KEY)
TA = [("table1", "ta", "self", "cross", metric) for metric in ("balanced_accuracy", "accuracy")]
TVA = ("table1", "tva", "self", "cross", "balanced_accuracy")
NOSP = ("table2", "tva", "self_nosp", "cross_nosp", "balanced_accuracy")


def test_the_printed_numbers_are_stored_by_model():
    table = results().set_index(["table", "modalities", "model", "metric"])
    # Table 1: 3 uni-modal cells, and 4 x 4 others, for two metrics; Table 2: 5 x 2; MCSAN: 2.
    assert len(table) == 2 * 19 + 10 + 2
    assert table.index.is_unique
    assert table.loc[("table1", "ta", "mha", "accuracy")].to_list() == [0.543, 0.026, False]
    assert table.loc[("table1", "tva", "amh", "accuracy")].to_list() == [0.617, 0.016, False]
    assert table.loc[("quoted", "ta", "mcsan", "balanced_accuracy"), "mean"] == 0.560
    assert np.isnan(table.loc[("quoted", "ta", "mcsan", "accuracy"), "std"])


def test_what_is_significant_from_the_printed_numbers():
    claims = TESTS[TESTS["family"] != "baselines"]
    assert set(claims.index[claims["reading"] == "significant"]) == {*TA, NOSP}
    assert set(TESTS.index[TESTS["asterisk"]]) == {*TA, TVA, NOSP}
    # 2 x 2 metrics on T+V, T+A, V+A for MDRE and MHA, on T+V+A for MDRE and AMH.
    assert TESTS["family"].value_counts().to_dict() == {"table1": 8, "table2": 8, "baselines": 32}


def test_the_third_asterisk_of_table_1_is_undecidable():
    row = TESTS.loc[TVA]
    assert [f"{row[name]:.3f}" for name in ("p", "p_low", "p_high")] == ["0.053", "0.029", "0.092"]
    assert row["reading"] == "undecidable from the printed numbers"


def test_two_more_readings_hang_on_the_rounding():
    undecidable = TESTS[TESTS["reading"].str.startswith("undecidable")]
    assert set(undecidable.index) == {
        TVA,
        ("table1", "tva", "self", "cross", "accuracy"),
        ("table2", "tva", "cross", "cross_nosp", "balanced_accuracy"),
        ("table1", "ta", "cross", "mha", "balanced_accuracy"),
    }


def test_a_reading_that_hangs_on_what_the_deviation_divides_by_says_so():
    row = ("table1", "tva", "self", "cross", "accuracy")
    assert TESTS.loc[row, "reading"] == (
        "undecidable from the printed numbers (not significant if the printed ± divides by n)"
    )
    # By hand: .0485 and .1795 become .0509 and .185 when both deviations grow by sqrt(50 / 49).
    low = stats.ttest_ind_from_stats(
        0.007, 0.0185 * (50 / 49) ** 0.5, 50, 0, 0.0165 * (50 / 49) ** 0.5, 50
    )
    assert round(low.pvalue, 4) == 0.0509


def test_the_paper_s_models_beat_the_baselines_but_for_one_cell():
    baselines = TESTS[TESTS["family"] == "baselines"]
    assert (baselines["difference"] > 0).all()
    above = baselines[baselines["p_holm"] >= 0.05]
    assert list(above.index) == [("table1", "ta", "cross", "mha", "balanced_accuracy")]
    assert round(above["p"].iloc[0], 3) == 0.067


def test_after_holm_text_with_audio_remains_and_of_table_2_one():
    claims = TESTS[TESTS["family"] != "baselines"]
    assert set(claims.index[claims["p_holm"] < 0.05]) == {*TA, NOSP}
    # By hand: of eight tests the smallest P counts eight times, the next one seven times.
    assert TESTS.loc[TA[1], "p_holm"] == pytest.approx(8 * TESTS.loc[TA[1], "p"])
    assert TESTS.loc[TA[0], "p_holm"] == pytest.approx(7 * TESTS.loc[TA[0], "p"])


def test_p_is_scipy_s_and_its_range_holds_every_rounding():
    row = TESTS.loc[TA[0]]
    off = np.linspace(-0.0005, 0.0005, 5)
    p = [
        stats.ttest_ind_from_stats(0.518 + i, 0.031 + j, 50, 0.501 + k, 0.026 + m, 50).pvalue
        for i, j, k, m in itertools.product(off, repeat=4)
    ]
    assert (row["p_low"], row["p_high"]) == pytest.approx((min(p), max(p)))
    assert row["p"] == pytest.approx(p[len(p) // 2])


def test_equal_means_within_the_rounding_have_p_up_to_one():
    row = TESTS.loc[("table1", "va", "self", "cross", "accuracy")]  # .567 and .566
    assert row["p_high"] == pytest.approx(1)


def summary(mean, std, runs, model="self", modalities="tva"):
    columns = {"model": model, "modalities": modalities, "metric": "accuracy"}
    return pd.DataFrame([columns | {"runs": runs, "mean": mean, "std": std}])


def test_ours_beside_the_paper_s_with_welch_s_interval():
    table = reproduction(summary(0.650, 0.02, 10), 0.05).set_index("table")
    row = table.loc["table1"]  # .642±.019
    assert row["difference"] == pytest.approx(0.008)
    # scipy's Welch interval of the deviation .0195, from samples that have just these moments.
    rng = np.random.default_rng(0)
    ours, theirs = (
        mean + std * stats.zscore(rng.standard_normal(n), ddof=1)
        for mean, std, n in ((0.650, 0.02, 10), (0.642, 0.0195, 50))
    )
    interval = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx(
        (interval.low - 0.0005, interval.high + 0.0005)
    )
    assert row["within"]
    assert list(table.index) == ["table1", "table2"]


def test_a_synthetic_corpus_is_never_within():
    table = reproduction(summary(0.642, 0.02, 50), 0.05, synthetic=True)
    assert table["within"].isna().all()
    assert table["low"].notna().all()


def test_what_is_far_off_is_not_within():
    assert not reproduction(summary(0.7, 0.02, 50), 0.05)["within"].any()


@pytest.mark.parametrize(
    "ours", [summary(0.61, 0.02, 50, "mcsan", "ta"), summary(0.64, float("nan"), 1)]
)
def test_without_a_deviation_nothing_is_said(ours):
    table = reproduction(ours, 0.05)
    assert len(table)
    assert table["within"].isna().all()
    assert table["difference"].notna().all()


def test_systems_that_the_paper_lacks_have_no_row():
    assert reproduction(summary(0.6, 0.02, 50, "mean"), 0.05).empty
