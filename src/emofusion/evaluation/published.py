"""The paper's numbers, its tests recomputed from them, and the comparison with ours."""

import itertools
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from emofusion.evaluation.comparison import CLAIMS
from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.significance import Sample, holm, two_sample
from emofusion.printed import printed_rows
from emofusion.schemas import PUBLISHED, REPRODUCTION

RUNS_PER_MODEL = 50
"""Behind each printed mean: 5 folds, 10 seeds."""

HALF_UNIT = 0.0005
"""Largest rounding error of a number with three decimals."""

OVER_N = (RUNS_PER_MODEL / (RUNS_PER_MODEL - 1)) ** 0.5
"""Standard deviation with n - 1 divided by that with n; the paper does not say which it prints."""

PRINTED_IN = {"table1": "table1", "baselines": "table1", "table2": "table2", "controls": "table2"}
"""{family of comparisons: the table that prints its systems}"""

MARKED = ({"self", "cross"}, {"self_nosp", "cross_nosp"})
"""Pairs that the paper tested; for other pairs a missing asterisk says nothing."""

RESULT_COLUMNS = ["table", "modalities", "model", "metric", "mean", "std", "asterisk"]


def results() -> pd.DataFrame:
    """The paper's printed results: columns as in `RESULT_COLUMNS`.

    Table is table1, table2, or quoted: MCSAN's numbers, which section 3 quotes from its authors.
    The asterisk marks what the paper calls significant.
    """
    rows = pd.DataFrame([row for row in printed_rows() if row["table"]])
    numbers = {name: pd.to_numeric(rows[name]) for name in ("mean", "std")}
    return rows.assign(**numbers, asterisk=rows["asterisk"] == "*")[RESULT_COLUMNS]


def published_tests(alpha: float) -> pd.DataFrame:
    """The tests of both tables, recomputed from the printed means and deviations with n = 50.

    The paper tests self against cross, and says that both improve on the baselines. It does not
    print the number of runs of the baselines; 50 is assumed.

    Returns:
        Columns as in `PUBLISHED`: P from the numbers as printed, with deviations over n - 1; the
        least and the greatest P of any numbers that round to them; P after Holm in the family;
        `reading` says what the printed numbers allow to conclude at `alpha`, before Holm, and
        whether deviations over n allow another conclusion.
    """
    printed = {
        (row.table, row.modalities, row.model, row.metric): row
        for row in results().itertuples(index=False)
    }
    rows = []
    for (model_a, model_b), family in CLAIMS.items():
        table = PRINTED_IN[family]
        for modalities, metric in itertools.product(("tv", "ta", "va", "tva"), PRINTED):
            keys = [(table, modalities, model, metric) for model in (model_a, model_b)]
            if not all(key in printed for key in keys):
                continue
            a, b = (printed[key] for key in keys)
            if np.isnan(a.std) or np.isnan(b.std):
                continue
            p, (low, high) = _p(a.mean, a.std, b.mean, b.std), _p_range(a, b)
            rows.append(
                {
                    "family": family,
                    "table": table,
                    "modalities": modalities,
                    "model_a": model_a,
                    "model_b": model_b,
                    "metric": metric,
                    "difference": round(a.mean - b.mean, 3),
                    "p": p,
                    "p_low": low,
                    "p_high": high,
                    "asterisk": {model_a, model_b} in MARKED and (a.asterisk or b.asterisk),
                    "reading": _reading(a, b, alpha),
                }
            )
    tests = pd.DataFrame(rows)
    tests["p_holm"] = tests.groupby("family", sort=False)["p"].transform(holm)
    return tests[PUBLISHED]


def reproduction(summary: pd.DataFrame, alpha: float, *, synthetic: bool = False) -> pd.DataFrame:
    """Every printed result that was run again, next to ours.

    The interval of the difference is Welch's, as if all runs of either side were independent,
    widened by what rounding may hide; docs/published.md says why that is no proof of anything.

    Args:
        summary: columns model, modalities, metric, runs, mean, std.
        alpha: the interval covers 1 - alpha.
        synthetic: whether ours are from the synthetic corpus, which cannot confirm the paper.

    Returns:
        Columns as in `REPRODUCTION`, the difference being ours minus the paper's; `within`
        says whether its interval contains zero. It is missing if a deviation is missing, or if the
        corpus is synthetic.
    """
    keys = ["modalities", "model", "metric"]
    published = results().rename(columns={"mean": "published_mean", "std": "published_std"})
    table = published.merge(summary, on=keys)
    table["difference"] = table["mean"] - table["published_mean"]
    reach = _welch_reach(
        table["std"], table["runs"], table["published_std"] + HALF_UNIT, RUNS_PER_MODEL, alpha
    )
    table["low"] = table["difference"] - reach - HALF_UNIT
    table["high"] = table["difference"] + reach + HALF_UNIT
    within = (table["low"] <= 0) & (table["high"] >= 0)
    table["within"] = within.astype("boolean").mask(table["low"].isna() | synthetic)
    return table[REPRODUCTION]


def _p(mean_a: float, std_a: float, mean_b: float, std_b: float) -> float:
    return two_sample(
        Sample(RUNS_PER_MODEL, mean_a, std_a), Sample(RUNS_PER_MODEL, mean_b, std_b), 0.05
    ).p


def _p_range(a: Any, b: Any, factor: float = 1) -> tuple[float, float]:
    """P grows with the deviations (here times a factor) and falls as the means move apart."""
    distance = abs(a.mean - b.mean)
    low, high = (
        _p(max(0, distance - sign * 2 * HALF_UNIT), factor * (a.std + sign * HALF_UNIT),
           0, factor * (b.std + sign * HALF_UNIT))
        for sign in (-1, 1)
    )  # fmt: skip
    return low, high


def _reading(a: NamedTuple, b: NamedTuple, alpha: float) -> str:
    """What can be concluded; with deviations over n, if that differs."""

    def conclusion(low: float, high: float) -> str:
        if high < alpha:
            return "significant"
        return "not significant" if low >= alpha else "undecidable from the printed numbers"

    usual, over_n = conclusion(*_p_range(a, b)), conclusion(*_p_range(a, b, OVER_N))
    return usual if usual == over_n else f"{usual} ({over_n} if the printed ± divides by n)"


def _welch_reach(
    std_a: pd.Series, n_a: pd.Series, std_b: pd.Series, n_b: int, alpha: float
) -> np.ndarray:
    """Half-width of Welch's interval for a difference of means (Welch 1947), elementwise."""
    parts_a, parts_b = std_a**2 / n_a, std_b**2 / n_b
    with np.errstate(invalid="ignore", divide="ignore"):
        df = (parts_a + parts_b) ** 2 / (parts_a**2 / (n_a - 1) + parts_b**2 / (n_b - 1))
        return stats.t.isf(alpha / 2, df) * np.sqrt(parts_a + parts_b)
