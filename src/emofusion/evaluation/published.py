"""The paper's numbers, its tests recomputed from them, and the comparison with ours."""

import itertools
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from emofusion.evaluation.comparison import CLAIMS
from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.significance import Sample, holm, two_sample
from emofusion.schemas import PUBLISHED, REPRODUCTION

RUNS_PER_MODEL = 50
"""Behind each printed mean: 5 folds, 10 seeds."""

HALF_UNIT = 0.0005
"""By how much a number of three decimals may be off."""

OVER_N = (RUNS_PER_MODEL / (RUNS_PER_MODEL - 1)) ** 0.5
"""Factor from a deviation over n to one over n - 1; the paper does not say which it prints."""

PRINTED_IN = {"table1": "table1", "baselines": "table1", "table2": "table2", "controls": "table2"}
"""{family of comparisons: the table that prints its systems}"""

# Mean±deviation; * marks what the paper calls significant (P < .05), between self and cross.
TABLE1 = {
    "balanced_accuracy": """
             mdre        amh         cross       self
        t    -           -           -           .474±.030
        v    -           -           -           .454±.019
        a    -           -           -           .365±.018
        tv   .524±.021   .526±.024   .567±.022   .563±.022
        ta   .418±.077   .491±.028   .501±.026   .518±.031*
        va   .376±.024   .371±.042   .481±.024   .483±.026
        tva  .490±.056   .547±.025   .578±.024   .587±.022*
    """,
    "accuracy": """
             mdre        amh         cross       self
        t    -           -           -           .535±.016
        v    -           -           -           .513±.018
        a    -           -           -           .452±.017
        tv   .579±.015   .580±.019   .617±.015   .614±.020
        ta   .498±.059   .543±.026   .562±.017   .574±.018*
        va   .477±.025   .471±.047   .566±.022   .567±.026
        tva  .564±.043   .617±.016   .636±.017   .642±.019
    """,
}
# All on tva. The asterisk is the text's (section 3), against cross_nosp. The deviation of cross's
# accuracy is .017 in Table 1.
TABLE2 = """
                balanced_accuracy   accuracy
    cross_nosp  .570±.021           .634±.015
    cross       .578±.024           .636±.012
    self_nosp   .584±.021*          .638±.019
    self        .587±.022           .642±.019
    self_cross  .585±.028           .642±.020
"""
# On ta, quoted in section 3 from MCSAN's authors, without deviations.
QUOTED = """
                balanced_accuracy   accuracy
    mcsan       .560                .612
"""

MARKED = ({"self", "cross"}, {"self_nosp", "cross_nosp"})
"""Pairs that the paper tested: a missing asterisk means something only for these."""

RESULT_COLUMNS = ["table", "modalities", "model", "metric", "mean", "std", "asterisk"]


def results() -> pd.DataFrame:
    """The printed results: columns as in `RESULT_COLUMNS`; table is table1, table2 or quoted."""
    rows = []
    for metric, text in TABLE1.items():
        for modalities, model, cell in _cells(text):
            model = "mha" if model == "amh" and len(modalities) == 2 else model
            rows.append(("table1", modalities, model, metric, *_parse(cell)))
    for table, modalities, text in (("table2", "tva", TABLE2), ("quoted", "ta", QUOTED)):
        for model, metric, cell in _cells(text):
            rows.append((table, modalities, model, metric, *_parse(cell)))
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


def published_tests(alpha: float) -> pd.DataFrame:
    """The tests of both tables, recomputed from the printed means and deviations with n = 50.

    The paper tests self against cross, and says of both that they improve on the baselines. How
    many runs the baselines have is not printed; 50 is taken for them too.

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
        says whether its interval holds zero, and is missing where a deviation is, or where the
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


def _cells(text: str) -> list[tuple[str, str, str]]:
    """(row, column, cell) of each filled cell of a table above."""
    head, *lines = (line.split() for line in text.strip().splitlines())
    return [
        (name, column, cell)
        for name, *cells in lines
        for column, cell in zip(head, cells, strict=True)
        if cell != "-"
    ]


def _parse(cell: str) -> tuple[float, float, bool]:
    mean, _, std = cell.rstrip("*").partition("±")
    return float(mean), float(std or "nan"), cell.endswith("*")


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
    """Half of Welch's interval of a difference of means (Welch 1947), by elements."""
    parts_a, parts_b = std_a**2 / n_a, std_b**2 / n_b
    with np.errstate(invalid="ignore", divide="ignore"):
        df = (parts_a + parts_b) ** 2 / (parts_a**2 / (n_a - 1) + parts_b**2 / (n_b - 1))
        return stats.t.isf(alpha / 2, df) * np.sqrt(parts_a + parts_b)
