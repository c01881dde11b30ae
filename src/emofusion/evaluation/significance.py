"""Tests of the difference between two systems, on plain arrays; docs/statistics.md explains them.

`difference` is always A minus B. If the standard error is zero, Student's t is undefined and
results are NaN. Exception: if every difference is zero, P is 1 and the systems are equivalent
within any margin.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special, stats
from statsmodels.stats.multitest import multipletests

NAN = float("nan")

Numbers = Sequence[float] | np.ndarray
Names = Sequence[Hashable] | np.ndarray


@dataclass(frozen=True)
class Test:
    """Outcome of a test; values that do not apply or are undefined are NaN."""

    __test__ = False  # not one of pytest's

    n: int
    difference: float
    low: float = NAN
    high: float = NAN
    statistic: float = NAN
    df: float = NAN
    p: float = NAN
    error: float = NAN
    effect: float = NAN
    margin: float = NAN
    p_below: float = NAN
    p_within: float = NAN
    p_above: float = NAN


class Sample(NamedTuple):
    """Size, mean and sample standard deviation (over n - 1)."""

    n: int
    mean: float
    std: float


def sample(values: Numbers) -> Sample:
    """Size, mean and deviation; equal values have a deviation of exactly zero, one value none."""
    given = np.asarray(values, dtype=float)
    if len(given) == 0:
        return Sample(0, NAN, NAN)
    if np.ptp(given) == 0:
        return Sample(len(given), float(given[0]), 0.0 if len(given) > 1 else NAN)
    return Sample(len(given), float(given.mean()), float(given.std(ddof=1)))


def two_sample(a: Sample, b: Sample, alpha: float) -> Test:
    """Student's two-sample two-tailed t-test: what the paper applies to runs (section 3).

    It takes the values of each sample for independent and the variances for equal. The interval
    covers 1 - alpha; the effect is Cohen's d, on the pooled deviation.
    """
    df = a.n + b.n - 2
    if min(a.n, b.n) < 2:
        return Test(a.n + b.n, a.mean - b.mean)
    pooled = np.sqrt(((a.n - 1) * a.std**2 + (b.n - 1) * b.std**2) / df)
    error = pooled * np.sqrt(1 / a.n + 1 / b.n)
    return _t_test(a.n + b.n, a.mean - b.mean, error, df, alpha, scale=pooled)


def standard_error(differences: Numbers, ratio: float = 0, least: float = 0) -> float:
    """Standard error of the mean of n differences.

    Args:
        differences: one per fold, or one per speaker.
        ratio: n_test / n_train. The variance of the mean is (1/n + ratio) times that of the
            differences: Nadeau and Bengio, "Inference for the generalization error", Machine
            Learning 52 (2003), allow in this way for training sets that overlap. 0 treats the
            differences as independent.
        least: lower bound, such as the error from sampling the test utterances
            (`sampling_error`). Differences that vary less than this do so by chance.

    Returns:
        The larger of the two errors; NaN for fewer than two differences.
    """
    n, _, std = sample(differences)
    return float(max(std * np.sqrt(1 / n + ratio), least)) if n > 1 else NAN


def sampling_error(differences: Numbers, units: Names, strata: Names) -> float:
    """Standard error of a mean difference that comes only from sampling the test utterances.

    The mean is over units (folds, speakers) of the mean over strata (the classes, for balanced
    accuracy) of the paired differences. Utterances are treated as independent draws from their
    stratum; the variance of a stratum is pooled over the units, around the mean of each.

    Args:
        differences: one per utterance, for example of its correctness averaged over seeds.
        units: the unit of each utterance.
        strata: the stratum of each utterance.

    Returns:
        0 where no unit has two utterances of one stratum: nothing can be estimated.
    """
    values = np.asarray(differences, float)
    _, unit = np.unique(np.asarray(units), return_inverse=True)
    names, stratum = np.unique(np.asarray(strata), return_inverse=True)
    shape = (int(unit.max(initial=-1)) + 1, len(names))

    def cells(weights: np.ndarray | None = None) -> np.ndarray:
        """Sums by unit and stratum."""
        place = unit * shape[1] + stratum
        return np.bincount(place, weights, minlength=shape[0] * shape[1]).reshape(shape)

    sizes = cells()
    filled = np.maximum(sizes, 1)
    means = cells(values) / filled
    squares = cells((values - means[unit, stratum]) ** 2).sum(axis=0)
    free = np.maximum(sizes - 1, 0).sum(axis=0)
    if not free.sum():
        return 0.0
    variance = np.where(free, squares / np.maximum(free, 1), squares.sum() / free.sum())
    of_units = np.where(sizes, variance / filled, 0).sum(axis=1) / (sizes > 0).sum(axis=1) ** 2
    return float(np.sqrt(of_units.sum()) / shape[0])


def cluster_values(differences: Numbers, clusters: Names, strata: Names) -> np.ndarray:
    """One value per cluster, such that their mean is the mean paired difference.

    The statistic is the mean over strata of the mean difference in each, as in
    `cluster_bootstrap`. Linearised (Taylor series; Särndal, Swensson and Wretman, "Model Assisted
    Survey Sampling", 1992, chapter 5), it is a mean of independent values, one for each cluster:
    the statistic, plus the number of clusters times the cluster's contribution to it, which is the
    weighted sum of its deviations from the stratum means. The standard error of their mean is that
    of the statistic if whole clusters are sampled.

    Args:
        differences: paired difference of each row.
        clusters: the cluster of each row.
        strata: the stratum of each row.

    Returns:
        [cluster], in the order of the sorted names.
    """
    values = np.asarray(differences, float)
    names, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    _, stratum = np.unique(np.asarray(strata), return_inverse=True)
    sizes = np.bincount(stratum)
    means = np.bincount(stratum, values) / sizes
    shares = (values - means[stratum]) / sizes[stratum] / len(sizes)
    return means.mean() + len(names) * np.bincount(cluster, shares)


def paired(differences: Numbers, error: float, alpha: float) -> Test:
    """Paired two-tailed t-test.

    Args:
        differences: one per fold, or one per speaker.
        error: standard error of their mean (`standard_error`).
        alpha: the interval covers 1 - alpha.

    Returns:
        A test whose effect is d_z, the mean difference over the deviation of the differences.
    """
    n, mean, std = sample(differences)
    return _t_test(n, mean, error, n - 1, alpha, scale=std)


def equivalence(differences: Numbers, error: float, margin: float, alpha: float) -> Test:
    """Two one-sided paired t-tests (TOST): is the mean inside -margin ... margin?

    Schuirmann (1987). P and statistic are those of the side that is harder to reject. Equivalence
    holds at alpha exactly where the interval, which covers 1 - 2 alpha, is inside the margins.
    """
    n, mean, _ = sample(differences)
    around_zero = _t_test(n, mean, error, n - 1, 2 * alpha)
    if error == 0:
        statistic, p = (np.inf, 0.0) if mean == 0 else (NAN, NAN)
    else:
        statistic = (margin - abs(mean)) / error
        p = float(stats.t.sf(statistic, n - 1))
    return Test(
        n, mean, around_zero.low, around_zero.high,
        statistic=statistic, df=n - 1, p=p, error=error, margin=margin,
    )  # fmt: skip


def smallest_margin(differences: Numbers, error: float, alpha: float) -> float:
    """The smallest margin for which two one-sided tests call the systems equivalent at alpha."""
    interval = equivalence(differences, error, NAN, alpha)
    return max(abs(interval.low), abs(interval.high))


def correlated_bayes(differences: Numbers, error: float, margin: float, alpha: float) -> Test:
    """Bayesian correlated t-test with a region of practical equivalence, -margin ... margin.

    Corani and Benavoli, "A Bayesian approach for comparing cross-validated algorithms on multiple
    data sets", Machine Learning 100 (2015): with a flat prior and the correlation
    rho = n_test / (n_test + n_train) between folds, the posterior of the mean difference is
    Student's t with n - 1 degrees of freedom around the mean, of scale²
    (1/n + rho / (1 - rho)) times the variance of the differences; rho / (1 - rho) is the ratio
    n_test / n_train.

    Args:
        differences: one per fold, or one per speaker.
        error: the scale of the posterior: `standard_error` with the ratio.
        margin: half the width of the region.
        alpha: the interval covers 1 - alpha.

    Returns:
        Posterior probabilities that A minus B is below, within and above the region; the interval
        holds the middle 1 - alpha of the posterior.
    """
    n, mean, _ = sample(differences)
    interval = _t_test(n, mean, error, n - 1, alpha)
    if error == 0:
        below, within, above = (0.0, 1.0, 0.0) if mean == 0 else (NAN, NAN, NAN)
    else:
        below = float(stats.t.cdf((-margin - mean) / error, n - 1))
        above = float(stats.t.sf((margin - mean) / error, n - 1))
        within = 1 - below - above
    return Test(
        n, mean, interval.low, interval.high, df=n - 1, error=error, margin=margin,
        p_below=below, p_within=within, p_above=above,
    )  # fmt: skip


def detectable(n: int, error: float, alpha: float, power: float) -> float:
    """The smallest true difference that a paired t-test finds with this power.

    By the noncentral t distribution, for n differences whose mean has this standard error; NaN
    where there is none. (statsmodels' TTestPower finds no or a wrong solution for few pairs: 4,
    alpha .01, power .95.)
    """
    if not error > 0:
        return NAN
    critical = stats.t.isf(alpha / 2, n - 1)
    return float(special.nctdtrinc(n - 1, 1 - power, critical) * error)


def cluster_bootstrap(
    differences: Numbers,
    clusters: Names,
    strata: Names,
    *,
    draws: int,
    seed: int,
    alpha: float,
) -> Test:
    """Bootstrap of a mean paired difference; whole clusters are drawn, with replacement.

    The statistic is the mean over strata of the mean difference in each: with the classes as
    strata that of balanced accuracies, with one stratum that of accuracies. A draw without any
    member of a stratum averages over the others. The interval is the percentile one: a difference
    of means is nearly symmetric, and the acceleration of BCa, estimated from as few clusters as ten
    speakers, would add noise (and is undefined where nothing varies). P is twice the smaller share
    of draws on one side of zero, the observed sample counted among the draws.

    Args:
        differences: paired difference of each row, such as that of seed-averaged correctness.
        clusters: the cluster of each row, for example its dialog.
        strata: the stratum of each row, for example its class.
        draws: how many.
        seed: seed of the draws; the same clusters give the same draws, whatever the differences.
        alpha: the interval covers 1 - alpha.
    """
    names, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    _, stratum = np.unique(np.asarray(strata), return_inverse=True)
    shape = (len(names), stratum.max(initial=-1) + 1)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (cluster, stratum), np.asarray(differences, dtype=float))
    np.add.at(counts, (cluster, stratum), 1)

    def statistic(drawn: np.ndarray, axis: int = -1) -> np.ndarray:
        """[draw, cluster] numbers of clusters -> [draw]."""
        rows = np.atleast_2d(drawn)
        offset = len(names) * np.arange(len(rows))[:, None]
        times = np.bincount((rows + offset).ravel(), minlength=len(rows) * len(names))
        times = times.reshape(len(rows), len(names))
        with np.errstate(invalid="ignore"):
            means = (times @ sums) / (times @ counts)
        return np.nanmean(means, axis=axis)

    every = np.arange(len(names))
    observed = float(statistic(every)[0]) if len(names) else NAN
    if len(names) < 2:
        return Test(len(names), observed)
    result = stats.bootstrap(
        (every,), statistic, n_resamples=draws, batch=1000, vectorized=True,
        confidence_level=1 - alpha, method="percentile", rng=np.random.default_rng(seed),
    )  # fmt: skip
    drawn = result.bootstrap_distribution.round(12)  # zero, where rounding errors are left
    side = min((drawn <= 0).sum(), (drawn >= 0).sum())
    p = min(1.0, 2 * (side + 1) / (draws + 1))
    low, high = map(float, result.confidence_interval)
    return Test(len(names), observed, low, high, p=float(p))


def holm(p_values: Numbers) -> np.ndarray:
    """P values with Holm's correction (1979); NaN stays NaN and does not count as a test."""
    given = np.asarray(p_values, dtype=float)
    corrected, known = np.full(len(given), NAN), ~np.isnan(given)
    if known.any():
        corrected[known] = multipletests(given[known], method="holm")[1]
    return corrected


def _t_test(
    n: int, estimate: float, error: float, df: float, alpha: float, scale: float = NAN
) -> Test:
    """Two-tailed test that the estimate is zero, and its interval; effect = estimate / scale."""
    if error == 0 and estimate == 0:
        return Test(n, 0.0, low=0.0, high=0.0, statistic=0.0, df=df, p=1.0, error=0.0)
    if not error > 0:
        return Test(n, estimate)
    reach = stats.t.isf(alpha / 2, df) * error
    statistic = estimate / error
    return Test(
        n, estimate, float(estimate - reach), float(estimate + reach), float(statistic), df,
        float(2 * stats.t.sf(abs(statistic), df)), float(error),
        float(estimate / scale) if scale > 0 else NAN,
    )  # fmt: skip
