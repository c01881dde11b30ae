"""The paper's own tests, recomputed from its printed numbers."""

import pandas as pd

from emofusion.evaluation.metrics import NAMING_NOTE, PRINTED
from emofusion.reporting.layout import Table
from emofusion.reporting.tables.comparisons import breaks_in, level_text, named
from emofusion.wording import probability_cell, signed

TABLES = {
    "published": {
        "title": "The paper's own tests",
        "reads": "published",
        "uses": "alpha",
        "says": "recomputes the paper's own tests from its printed numbers",
        "needs": "printed",
        "order": 60,
    }
}


def published(published: pd.DataFrame, *, alpha: float) -> Table:
    """The paper's own tests, from the means and deviations that it prints.

    Args:
        published: one row per test.
        alpha: level of the tests.
    """
    rows = [
        [
            name,
            PRINTED[row.metric],
            signed(row.difference),
            probability_cell(row.p),
            f"{probability_cell(row.p_low)} to {probability_cell(row.p_high)}",
            probability_cell(row.p_holm),
            "*" if row.asterisk else "",
            row.reading,
        ]
        for name, row in named(published)
    ]
    return Table(
        title="The paper's tests",
        caption=(
            "The paper's two-sample t-tests, and the same test of its claims about the baselines, "
            "recomputed from the means and deviations that it prints. 50 runs each; for the "
            "baselines 50 is assumed, since the paper does not print their number. Range: the "
            "values of P that the printed "
            "numbers allow, since they are rounded to three decimals. After Holm: corrected for "
            "the tests of the same family (Self against Cross, Table 2, the baselines). "
            f"The reading is at {level_text(alpha)}, without the correction."
        ),
        heads=["Comparison", "", "difference", "P", "range", "after Holm", "asterisk", "reading"],
        rows=rows,
        notes=[NAMING_NOTE],
        breaks=breaks_in(published),
    )
