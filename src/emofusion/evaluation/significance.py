"""Tests of the difference between two systems."""

import itertools

import pandas as pd
from scipy import stats

from emofusion.evaluation.metrics import METRICS


def published_t_test(runs: pd.DataFrame) -> pd.DataFrame:
    """The paper's test (section 3): two-sample two-tailed t-test, every run a sample.

    It assumes equal variances, and takes five folds that share training data, and the seeds within
    them, for independent samples.

    Args:
        runs: the table of runs.

    Returns:
        One row for each pair of models on the same modalities and each metric: modalities, metric,
        test, model_a, model_b, n_a, n_b, difference (a minus b, of the means), statistic, p. With
        fewer than two runs of a model the last two are NaN.
    """
    rows = []
    for modalities, group in runs.groupby("modalities", sort=False):
        for a, b in itertools.combinations(sorted(group["model"].unique()), 2):
            for metric in METRICS:
                sample_a = group.loc[group["model"] == a, metric]
                sample_b = group.loc[group["model"] == b, metric]
                enough = min(len(sample_a), len(sample_b)) > 1
                test = stats.ttest_ind(sample_a, sample_b) if enough else None
                rows.append(
                    {
                        "modalities": modalities,
                        "metric": metric,
                        "test": "two-sample t-test (as published)",
                        "model_a": a,
                        "model_b": b,
                        "n_a": len(sample_a),
                        "n_b": len(sample_b),
                        "difference": sample_a.mean() - sample_b.mean(),
                        "statistic": test.statistic if test else float("nan"),
                        "p": test.pvalue if test else float("nan"),
                    }
                )
    columns = ["modalities", "metric", "test", "model_a", "model_b", "n_a", "n_b"]
    return pd.DataFrame(rows, columns=[*columns, "difference", "statistic", "p"])
