"""Whether differences are small enough not to matter."""

import pandas as pd

from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.verdicts import FOLDS_NEEDED
from emofusion.reporting.layout import Group, Table
from emofusion.reporting.tables.comparisons import (
    by_test,
    key_of,
    level_text,
    named,
    primary_sample,
    rows_of_comparisons,
    shown_in,
)
from emofusion.reporting.tables.results import Results
from emofusion.wording import number_cell, probability_cell

TABLES = {
    "equivalence": {
        "title": "Equivalence",
        "reads": "results verdicts comparisons",
        "uses": "alpha power",
        "needs": "pairs",
        "says": "tests whether differences are small enough not to matter",
        "order": 40,
    }
}


def equivalence(
    results: Results,
    verdicts: pd.DataFrame,
    comparisons: pd.DataFrame,
    *,
    alpha: float,
    power: float,
) -> Table:
    """Whether a difference is small enough not to matter, and what the design could have found.

    Args:
        results: the results of all systems.
        verdicts: one row per comparison and metric.
        comparisons: one row per comparison, metric and test.
        alpha: level of the tests.
        power: power at the detectable difference.
    """
    shown = shown_in(verdicts, results.own_models)
    tests = by_test(comparisons)
    rows = []
    for name, row in named(shown):
        bayes = tests.get((*key_of(row), "bayes"))
        paired = tests.get((*key_of(row), row.primary))
        rows.append(
            [
                name,
                PRINTED[row.metric],
                number_cell(row.margin),
                probability_cell(row.p_equivalence),
                probability_cell(row.p_equivalence_holm),
                probability_cell(row.p_equivalence_corrected_holm),
                *(
                    probability_cell(getattr(bayes, part, float("nan")))
                    for part in ("p_below", "p_within", "p_above")
                ),
                number_cell(row.smallest_margin),
                number_cell(row.smallest_margin_corrected),
                number_cell(row.detectable),
                number_cell(row.detectable_corrected),
                _decimal(getattr(paired, "effect", float("nan"))),
            ]
        )
    return rows_of_comparisons(
        results,
        shown,
        title="Equivalence",
        caption=(
            "Whether the models of a comparison are equivalent in practice. Margin: smaller "
            "differences count as none. P: of the two one-sided tests; small P: the difference "
            "is within the margin; after Holm's correction for the family; and, also after Holm, "
            "with Nadeau and Bengio's correction for training sets that overlap. Equivalence needs "
            f"both P after Holm below the level, and {FOLDS_NEEDED} folds or speakers (a single "
            "partition: one test, and enough clusters and seeds). Bayes (correlated t-test): "
            "probability that the first model is worse by more than the margin, within it, and "
            "better by more. Smallest "
            f"margin: the smallest at which equivalence would hold at {level_text(alpha)} before "
            "Holm, without and with Nadeau-Bengio. "
            f"Detectable: the difference that this design finds with probability {power:g}, before "
            "Holm's correction, without and with Nadeau-Bengio. d: mean difference in "
            f"units of the deviation of the differences, {primary_sample(shown)}."
        ),
        heads=[
            "Comparison",
            "",
            "margin",
            "P",
            "after Holm",
            "Nadeau-Bengio",
            "worse",
            "within",
            "better",
            "plain",
            "Nadeau-Bengio",
            "plain",
            "Nadeau-Bengio",
            "d",
        ],
        groups=[
            Group("", "", 1),
            Group("Equivalence", "equivalence", 4),
            Group("Bayes", "Bayes", 3),
            Group("Smallest margin", "smallest", 2),
            Group("Detectable", "detectable", 2),
            Group("", "", 1),
        ],
        rows=rows,
    )


def _decimal(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f}".replace("-", "−")
