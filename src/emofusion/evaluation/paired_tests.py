"""The tests of a comparison. A file lists them in the dict `TESTS` and defines a function for each.

    name(compared: Compared) -> emofusion.evaluation.significance.Test, or None if not applicable

Each gives a row of statistics/comparisons.csv for every pair and metric. Facts of a test: `title`,
as it is printed; `holm`, whether its P is also given after Holm's correction for the size of the
family; `order`, among the tests. docs/statistics.md explains those of the package.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from emofusion.evaluation import significance
from emofusion.evaluation.significance import Sample, Test
from emofusion.registry import find, function_of

TESTS = {
    "published": {"title": "the paper's t-test over runs", "holm": True, "order": 10},
    "paired_folds": {"title": "paired, over folds", "holm": True, "order": 20},
    "paired_speakers": {"title": "paired, over speakers", "holm": True, "order": 30},
    "one_partition": {"title": "over clusters of one partition", "holm": True, "order": 35},
    "corrected_resampled": {
        "title": "Nadeau and Bengio's correction",
        "holm": True,
        "order": 40,
    },
    "bootstrap_dialogs": {"title": "bootstrap of dialogs", "order": 50},
    "bootstrap_speakers": {"title": "bootstrap of speakers", "order": 60},
    "equivalence": {"title": "equivalence", "holm": True, "order": 70},
    "equivalence_corrected": {"title": "equivalence, corrected", "holm": True, "order": 80},
    "bayes": {"title": "Bayesian, correlated", "order": 90},
}


class PairedDifferences(NamedTuple):
    """Paired differences of two systems, one per sample.

    Attributes:
        differences: one per fold, or one per speaker; of a single partition one per cluster.
        sample: what a sample is: "fold", "speaker", "dialog" or "utterance".
        ratio: test utterances of a fold (speaker) divided by training utterances; 0 where all
            samples share one training set.
        minimum_error: lower bound of the standard error of the mean, from another source of error.
        minimum_from: this source. "utterances": sampling of the test utterances. "folds": the error
            between folds, if samples are speakers, since speakers of one fold share its models.
        repeats: how often each utterance is tested. Repeated folds add no new utterances, so the
            uncorrected error is that of one draw of the folds.
        seeds: standard error due to the training seeds of both systems; used only with a single
            training set, else 0.
    """

    differences: pd.Series
    sample: str
    ratio: float
    minimum_error: float
    minimum_from: str = "utterances"
    repeats: float = 1
    seeds: float = 0

    def error(self, *, corrected: bool = False) -> float:
        """Standard error of the mean; corrected for training sets that overlap."""
        return float(np.hypot(self._sampling(corrected), self.seeds))

    def error_from(self) -> str:
        """The largest source: "samples", `minimum_from` or "seeds"; empty if there is no error."""
        if np.isnan(self.error()):
            return ""
        sampling = self._sampling()
        if self.seeds > sampling:
            return "seeds"
        return self.minimum_from if sampling == self.minimum_error else "samples"

    def _sampling(self, corrected: bool = False) -> float:
        n = max(1, len(self.differences))
        ratio = self.ratio if corrected else (self.repeats - 1) / n
        return significance.standard_error(self.differences, ratio, self.minimum_error)


@dataclass(frozen=True)
class Compared:
    """Data of two systems on one metric, as given to a test; differences are A minus B.

    Attributes:
        runs: the metric over the runs of A, and over those of B.
        folds: differences by fold, each the mean over seeds.
        speakers: differences by speaker; None where they are not known.
        partition: differences by cluster of the test utterances, where there is a single
            partition; else None.
        primary: the one of these that the verdict rests on.
        utterances: for each test utterance, share of A's runs that are right minus share of B's.
        strata: class of each test utterance if the metric averages over classes, else 0.
        clusters: {"dialog": dialog of each test utterance, "speaker": ...}, as far as known.
        alpha: level of the tests; intervals cover 1 - alpha.
        margin: smaller differences count as none.
        draws, seed: settings of a bootstrap.
    """

    runs: tuple[Sample, Sample]
    folds: PairedDifferences
    speakers: PairedDifferences | None
    partition: PairedDifferences | None
    primary: PairedDifferences
    utterances: pd.Series
    strata: np.ndarray
    clusters: Mapping[str, np.ndarray]
    alpha: float
    margin: float
    draws: int
    seed: int


class PairedTest(NamedTuple):
    """A test, and whether Holm's correction is applied to it."""

    name: str
    run: Callable[[Compared], Test | None]
    holm: bool


def registered_tests(files: Iterable[str | Path] = ()) -> list[PairedTest]:
    """All tests in their order.

    Args:
        files: files outside the package.
    """
    given = list(files)
    known = sorted(find("TESTS", given).values(), key=lambda one: one.facts["order"])
    return [
        PairedTest(one.name, function_of("TESTS", one.name, given), one.facts["holm"])
        for one in known
    ]


def published(compared: Compared) -> Test:
    """Student's two-sample t-test over runs, as in the paper."""
    return significance.two_sample(*compared.runs, compared.alpha)


def paired_folds(compared: Compared) -> Test:
    """Paired t-test over folds."""
    return _paired(compared.folds, compared.alpha)


def paired_speakers(compared: Compared) -> Test | None:
    """Paired t-test over speakers."""
    return None if compared.speakers is None else _paired(compared.speakers, compared.alpha)


def one_partition(compared: Compared) -> Test | None:
    """Paired t-test over the clusters of a single test partition."""
    return None if compared.partition is None else _paired(compared.partition, compared.alpha)


def corrected_resampled(compared: Compared) -> Test | None:
    """The primary test with Nadeau and Bengio's correction; None if there is one training set."""
    if compared.partition is not None:
        return None
    one = compared.primary
    return significance.paired(one.differences, one.error(corrected=True), compared.alpha)


def bootstrap_dialogs(compared: Compared) -> Test | None:
    """Bootstrap of dialogs."""
    return _bootstrap(compared, "dialog")


def bootstrap_speakers(compared: Compared) -> Test | None:
    """Bootstrap of speakers."""
    return _bootstrap(compared, "speaker")


def equivalence(compared: Compared) -> Test:
    """Two one-sided tests on the samples of the primary test."""
    one = compared.primary
    return significance.equivalence(one.differences, one.error(), compared.margin, compared.alpha)


def equivalence_corrected(compared: Compared) -> Test | None:
    """The same with Nadeau and Bengio's correction."""
    if compared.partition is not None:
        return None
    one = compared.primary
    return significance.equivalence(
        one.differences, one.error(corrected=True), compared.margin, compared.alpha
    )


def bayes(compared: Compared) -> Test:
    """The Bayesian correlated t-test."""
    one = compared.primary
    return significance.correlated_bayes(
        one.differences, one.error(corrected=True), compared.margin, compared.alpha
    )


def _paired(one: PairedDifferences, alpha: float) -> Test:
    return significance.paired(one.differences, one.error(), alpha)


def _bootstrap(compared: Compared, cluster: str) -> Test | None:
    if cluster not in compared.clusters:
        return None
    return significance.cluster_bootstrap(
        compared.utterances,
        compared.clusters[cluster],
        compared.strata,
        draws=compared.draws,
        seed=compared.seed,
        alpha=compared.alpha,
    )
