"""Each statistic against an independent implementation, a definition, or a calculation by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from emofusion.evaluation.significance import (
    Sample,
    cluster_bootstrap,
    cluster_values,
    correlated_bayes,
    detectable,
    equivalence,
    holm,
    paired,
    sample,
    sampling_error,
    smallest_margin,
    standard_error,
    two_sample,
)

FOLDS = [0.010, 0.031, -0.004, 0.022, 0.017]
OTHERS = [0.012, 0.005, 0.044, 0.009, 0.026]
differences = st.lists(st.integers(-100, 100), min_size=2, max_size=6).map(
    lambda thousandths: [x / 1000 for x in thousandths]
)
varied = differences.filter(lambda values: len(set(values)) > 1)


def plain(values, alpha):
    """The paired t-test as textbooks have it."""
    return paired(values, standard_error(values), alpha)


def p_of_t_with_4_df(t):
    """Two-tailed, by the closed form of the distribution function: 1/2 + 3/4 (s - s^3 / 3)."""
    s = abs(t) / math.sqrt(4 + t * t)
    return 2 * (1 - (0.5 + 0.75 * (s - s**3 / 3)))


def test_two_sample_t_by_hand():
    # means .52 and .42, squared deviations .0002 in each, pooled variance .0004 / 4 = .0001
    test = two_sample(sample([0.51, 0.52, 0.53]), sample([0.41, 0.42, 0.43]), 0.05)
    t = 0.10 / math.sqrt(0.0001 * 2 / 3)
    assert test.statistic == pytest.approx(t)
    assert test.p == pytest.approx(p_of_t_with_4_df(t))
    assert test.effect == pytest.approx(10)  # .10 in deviations of .01
    assert (test.n, test.df) == (6, 4)


def test_two_sample_t_as_scipy_from_runs_and_from_means():
    test, other = two_sample(sample(FOLDS), sample(OTHERS), 0.05), stats.ttest_ind(FOLDS, OTHERS)
    interval = other.confidence_interval(0.95)
    assert (test.statistic, test.p) == pytest.approx((other.statistic, other.pvalue))
    assert (test.low, test.high) == pytest.approx((interval.low, interval.high))
    printed = two_sample(Sample(50, 0.518, 0.031), Sample(50, 0.501, 0.026), 0.05)
    other = stats.ttest_ind_from_stats(0.518, 0.031, 50, 0.501, 0.026, 50)
    assert (printed.statistic, printed.p) == pytest.approx((other.statistic, other.pvalue))


def test_paired_t_as_scipy():
    test = plain(np.subtract(FOLDS, OTHERS), 0.1)
    other = stats.ttest_rel(FOLDS, OTHERS)
    interval = other.confidence_interval(0.9)
    assert (test.statistic, test.p, test.df) == pytest.approx((other.statistic, other.pvalue, 4))
    assert (test.low, test.high) == pytest.approx((interval.low, interval.high))


def test_corrected_resampled_t_by_hand():
    # mean .02, variance .0002 / 4 = .00005; corrected (1/5 + 1/4) .00005 = .0000225
    values = [0.01, 0.02, 0.03, 0.02, 0.02]
    test = paired(values, standard_error(values, 0.25), 0.05)
    t = 0.02 / math.sqrt(0.0000225)
    assert test.statistic == pytest.approx(t)
    assert test.p == pytest.approx(p_of_t_with_4_df(t))
    # 2.776 is the tabulated .975 quantile with 4 degrees of freedom.
    assert test.high == pytest.approx(0.02 + 2.776 * math.sqrt(0.0000225), abs=1e-5)
    uncorrected = plain(values, 0.05)
    assert uncorrected.statistic == pytest.approx(0.02 / math.sqrt(0.00005 / 5))
    assert uncorrected.effect == pytest.approx(0.02 / math.sqrt(0.00005))


@pytest.mark.parametrize("margin", [0.01, 0.02, 0.05])
def test_equivalence_as_statsmodels(margin):
    test = equivalence(FOLDS, standard_error(FOLDS), margin, 0.05)
    assert test.p == pytest.approx(DescrStatsW(FOLDS).ttost_mean(-margin, margin)[0])


@given(varied, st.sampled_from([0.01, 0.05, 0.2]))
def test_the_smallest_margin_is_the_edge_of_equivalence(values, alpha):
    error = standard_error(values, 0.2)
    edge = smallest_margin(values, error, alpha)
    below, at, above = (
        equivalence(values, error, edge * factor, alpha).p for factor in (1.01, 1, 0.99)
    )
    assert at == pytest.approx(alpha)
    assert below < alpha < above


def test_bayes_as_the_model_integrated_numerically():
    """Differences normal around mu with variance sigma² and correlation rho; priors 1, 1/sigma."""
    rho, margin = 0.2, 0.01
    x, n = np.array(FOLDS), len(FOLDS)
    precision = np.linalg.inv((1 - rho) * np.eye(n) + rho * np.ones((n, n)))
    mu = np.arange(-1, 1, 0.0001) + 0.00005
    log_sigma = np.linspace(np.log(0.001), np.log(5), 300)
    residual = x - mu[:, None]
    square = np.einsum("mi,ij,mj->m", residual, precision, residual)
    # d sigma / sigma = d log sigma
    density = np.exp(-n * log_sigma - square[:, None] / 2 / np.exp(2 * log_sigma)).sum(axis=1)
    density /= density.sum()
    test = correlated_bayes(FOLDS, standard_error(FOLDS, rho / (1 - rho)), margin, 0.05)
    assert test.p_below == pytest.approx(density[mu < -margin].sum(), abs=0.001)
    assert test.p_within == pytest.approx(density[abs(mu) <= margin].sum(), abs=0.001)
    assert test.p_above == pytest.approx(density[mu > margin].sum(), abs=0.001)
    inside = density[(mu >= test.low) & (mu <= test.high)].sum()
    assert inside == pytest.approx(0.95, abs=0.001)


@pytest.mark.parametrize(("count", "alpha", "power"), [(5, 0.05, 0.8), (4, 0.01, 0.95)])
def test_the_detectable_difference_is_found_as_often_as_said(count, alpha, power):
    values = FOLDS[:count]
    found = detectable(count, standard_error(values), alpha, power)
    rng = np.random.default_rng(0)
    studies = rng.normal(found, np.std(values, ddof=1), (40_000, count))
    share = (stats.ttest_1samp(studies, 0, axis=1).pvalue < alpha).mean()
    assert share == pytest.approx(power, abs=0.01)


# Three clusters: a has one row of each class, b two of x, c one of y.
ROWS = [("a", "x", 0.3), ("a", "y", -0.2), ("b", "x", 0.1), ("b", "x", 0.6), ("c", "y", -0.5)]
CLUSTER, STRATUM, DIFFERENCE = zip(*ROWS, strict=True)


def all_draws(strata):
    """The statistic of each of the 27 equally likely draws of three clusters, by plain loops."""
    values = []
    for drawn in itertools.product("abc", repeat=3):
        classes = {}
        for name in drawn:
            for cluster, stratum, difference in zip(CLUSTER, strata, DIFFERENCE, strict=True):
                if cluster == name:
                    classes.setdefault(stratum, []).append(difference)
        values.append(np.mean([np.mean(of) for of in classes.values()]))
    return np.array(values)


@pytest.mark.parametrize("strata", [STRATUM, ["o"] * 5])
def test_the_bootstrap_draws_clusters_as_an_enumeration_of_all_draws(strata):
    every = all_draws(strata)
    # The draws a a a, b b b and c c c have a share of 1/27 each: .1 of a tail lies inside the rest.
    options = {"draws": 20_000, "seed": 0, "alpha": 0.2}
    test = cluster_bootstrap(DIFFERENCE, CLUSTER, strata, **options)
    low, high = np.quantile(every, [0.1, 0.9], method="inverted_cdf")
    assert (test.low, test.high) == pytest.approx((low, high))
    p = 2 * min((every <= 1e-12).mean(), (every >= -1e-12).mean())
    assert test.p == pytest.approx(min(1, p), abs=0.02)


def test_the_bootstrap_s_statistics_by_hand():
    options = {"draws": 100, "seed": 0, "alpha": 0.05}
    plain = cluster_bootstrap(DIFFERENCE, CLUSTER, ["o"] * 5, **options)
    assert plain.difference == pytest.approx(0.3 / 5)
    balanced = cluster_bootstrap(DIFFERENCE, CLUSTER, STRATUM, **options)
    assert balanced.difference == pytest.approx((1.0 / 3 - 0.7 / 2) / 2)
    assert plain.n == balanced.n == 3
    assert cluster_bootstrap(DIFFERENCE, CLUSTER, STRATUM, **options) == balanced


def test_one_cluster_gives_a_difference_without_an_interval():
    test = cluster_bootstrap([0.1, 0.3], ["a", "a"], ["x", "x"], draws=100, seed=0, alpha=0.05)
    assert test.difference == pytest.approx(0.2)
    assert math.isnan(test.low)
    assert math.isnan(test.p)


def test_holm_by_hand():
    # sorted .01, .03, .04: 3 x .01 = .03, 2 x .03 = .06, then not below .06
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.01, float("nan"), 0.03]) == pytest.approx([0.02, math.nan, 0.03], nan_ok=True)
    assert holm([0.9, 0.8]).tolist() == [1, 1]
    assert len(holm([])) == 0


@given(varied)
def test_swapping_the_systems_mirrors_every_test(values):
    swapped = [-value for value in values]
    error = standard_error(values, 0.2)
    assert standard_error(swapped, 0.2) == pytest.approx(error)
    for test in (
        lambda x: paired(x, error, 0.05),
        lambda x: equivalence(x, error, 0.02, 0.05),
        lambda x: correlated_bayes(x, error, 0.02, 0.05),
        lambda x: cluster_bootstrap(x, range(len(x)), [0] * len(x), draws=100, seed=0, alpha=0.05),
    ):
        one, other = test(values), test(swapped)
        assert other.difference == pytest.approx(-one.difference)
        assert (other.low, other.high) == pytest.approx((-one.high, -one.low), nan_ok=True)
        assert other.p == pytest.approx(one.p, nan_ok=True)
        assert other.p_below == pytest.approx(one.p_above, nan_ok=True)
    margins = (smallest_margin(x, error, 0.05) for x in (swapped, values))
    assert next(margins) == pytest.approx(next(margins))


@pytest.mark.parametrize("folds", [2, 5])
def test_no_difference_in_any_fold_is_equivalence_and_no_difference(folds):
    zeros = [0.0] * folds
    error = standard_error(zeros, 0.2)
    assert error == 0
    assert paired(zeros, error, 0.05).p == 1
    assert (paired(zeros, error, 0.05).low, paired(zeros, error, 0.05).high) == (0, 0)
    assert equivalence(zeros, error, 0.01, 0.05).p == 0
    assert smallest_margin(zeros, error, 0.05) == 0
    assert correlated_bayes(zeros, error, 0.01, 0.05).p_within == 1
    assert math.isnan(detectable(folds, error, 0.05, 0.8))
    none = cluster_bootstrap(zeros, range(folds), zeros, draws=100, seed=0, alpha=0.05)
    assert (none.low, none.high, none.p) == (0, 0, 1)


@pytest.mark.parametrize("values", [[], [0.1], [0.1, 0.1], [0.1] * 5])
def test_without_any_deviation_nothing_can_be_said(values):
    error = standard_error(values, 0.2)
    for test in (
        paired(values, error, 0.05),
        equivalence(values, error, 0.2, 0.05),
        correlated_bayes(values, error, 0.2, 0.05),
    ):
        assert test.difference == pytest.approx(0.1 if values else math.nan, nan_ok=True)
        assert np.isnan([test.low, test.high, test.p, test.p_within]).all()
    assert math.isnan(smallest_margin(values, error, 0.05))
    assert math.isnan(detectable(len(values), error, 0.05, 0.8))
    assert math.isnan(two_sample(sample(values), sample(FOLDS[:1]), 0.05).p)


def test_the_standard_error_by_hand():
    # variance .00005 of five folds: sqrt(.00005 / 5), with a ratio of .25 sqrt(.45 x .00005)
    values = [0.01, 0.02, 0.03, 0.02, 0.02]
    assert standard_error(values) == pytest.approx(math.sqrt(0.00001))
    assert standard_error(values, 0.25) == pytest.approx(math.sqrt(0.0000225))
    assert standard_error(values, 0.25, least=0.01) == 0.01
    assert math.isnan(standard_error([0.1], least=0.01))


def test_folds_that_agree_by_chance_are_no_evidence():
    # Two folds whose differences agree to 2e-5, while sampling the utterances costs 5 points.
    values = [0.01400, 0.01402]
    assert plain(values, 0.05).p < 0.001
    assert paired(values, standard_error(values, least=0.05), 0.05).p > 0.8


def test_the_sampling_error_of_accuracy_by_hand():
    # Fold 1: 1, 0, 0, -1, of mean 0 and squares 2; fold 2: 1, 0, of mean .5 and squares .5.
    # Pooled variance 2.5 / 4; the mean of the two folds has 2.5 / 4 x (1/4 + 1/2) / 2².
    error = sampling_error([1, 0, 0, -1, 1, 0], [1, 1, 1, 1, 2, 2], [0] * 6)
    assert error == pytest.approx(math.sqrt(2.5 / 4 * 0.75 / 4))


def test_the_sampling_error_of_balanced_accuracy_weighs_a_rare_class_more():
    # One fold; x: 1, 0, 0, 0 has variance .25, so .25 / 4; y: 1, 0 has .5, so .5 / 2.
    values, strata = [1, 0, 0, 0, 1, 0], ["x"] * 4 + ["y"] * 2
    assert sampling_error(values, [1] * 6, strata) == pytest.approx(math.sqrt(0.3125) / 2)


def test_a_class_with_one_utterance_a_fold_takes_the_variance_of_the_others():
    values, strata = [1, 0, 0, 0, 1], ["x"] * 4 + ["y"]
    assert sampling_error(values, [1] * 5, strata) == pytest.approx(math.sqrt(0.25 / 4 + 0.25) / 2)
    assert sampling_error([1, 0], [1, 2], ["x", "x"]) == 0


def test_the_primary_test_keeps_its_level_over_independent_folds():
    """No true difference; 5 folds of 60 utterances, on which the systems disagree by chance."""
    rng = np.random.default_rng(0)
    folds = np.repeat(np.arange(5), 60)
    rejected = 0
    for _ in range(600):
        values = rng.choice([-1, 0, 1], 300, p=[0.15, 0.7, 0.15])
        means = values.reshape(5, 60).mean(axis=1)
        error = standard_error(means, least=sampling_error(values, folds, np.zeros(300)))
        rejected += paired(means, error, 0.05).p < 0.05
    assert rejected / 600 <= 0.06


@given(
    st.lists(
        st.tuples(st.floats(-1, 1), st.integers(0, 4), st.integers(0, 2)), min_size=2, max_size=30
    )
)
def test_values_of_clusters_have_the_mean_of_the_stratified_statistic(rows):
    values, clusters, strata = (np.array(column) for column in zip(*rows, strict=True))
    found = cluster_values(values, clusters, strata)
    means = [values[strata == one].mean() for one in set(strata)]
    assert len(found) == len(set(clusters))
    assert np.isclose(found.mean(), np.mean(means))


def test_values_of_clusters_of_equal_size_and_one_stratum_are_their_means():
    values, clusters = [0, 1, 1, 1, 0.5, 0], ["b", "b", "a", "a", "c", "c"]
    assert cluster_values(values, clusters, [0] * 6) == pytest.approx([1, 0.5, 0.25])


def test_the_error_over_clusters_agrees_with_the_bootstrap_of_many_clusters():
    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(300), 5)
    values = rng.normal(0, 1, 300)[clusters] + rng.normal(0, 1, 1500)
    strata = rng.integers(0, 3, 1500)
    error = standard_error(cluster_values(values, clusters, strata))
    drawn = cluster_bootstrap(values, clusters, strata, draws=4000, seed=0, alpha=0.05)
    assert (drawn.high - drawn.low) / 2 / 1.96 == pytest.approx(error, rel=0.05)
