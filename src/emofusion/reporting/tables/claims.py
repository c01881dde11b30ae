"""The paper's claims about systems on different inputs."""

import pandas as pd

from emofusion.evaluation.metrics import NAMING_NOTE, PRINTED
from emofusion.evaluation.verdicts import kind, verdict_text
from emofusion.reporting.layout import Cell, Row, Table
from emofusion.reporting.tables.comparisons import difference_cell, level_text, scope
from emofusion.wording import probability_cell, signed, system_name

TABLES = {
    "claims": {
        "title": "The paper's other claims",
        "reads": "claims",
        "uses": "alpha",
        "needs": "claims",
        "says": "tests the paper's other claims on these runs",
        "order": 65,
    }
}


def claims(claims: pd.DataFrame, *, alpha: float) -> Table:
    """Each claim, the difference that the paper prints, ours, and the verdict.

    Args:
        claims: one row per claim and metric.
        alpha: level of the tests.
    """
    rows: list[Row] = []
    breaks: list[int] = []
    before = ("", "")
    for row in claims.itertuples(index=False):
        a, b = (
            system_name(row.model_a, row.modalities_a),
            system_name(row.model_b, row.modalities_b),
        )
        if before[0] and row.claim != before[0]:
            breaks.append(len(rows))
        fields = row._asdict()
        rows.append(
            [
                row.claim if row.claim != before[0] else "",
                f"{a} – {b}" if f"{a} – {b}" != before[1] else "",
                PRINTED[row.metric],
                signed(row.paper),
                difference_cell(row.difference, row.low, row.high),
                probability_cell(row.p_holm),
                probability_cell(row.p_corrected_holm),
                Cell(verdict_text(fields), bold=kind(fields) != "undecided"),
            ]
        )
        before = (row.claim, f"{a} – {b}")
    return Table(
        title="The paper's other claims",
        caption=(
            "What section 3 and Table 1 of the paper say of modalities and of MDRE, tested on "
            "these runs: the difference of the printed means, ours with the "
            f"{level_text(1 - alpha)} interval of the primary test, its P after Holm's correction "
            "for these claims, the same with Nadeau and Bengio's correction, and the verdict on "
            "the first system of each pair; a claim holds where it is better. "
            f"{scope(claims)}"
        ),
        heads=[
            "claim",
            "systems",
            "",
            "paper",
            "difference",
            "after Holm",
            "Nadeau-Bengio",
            "verdict",
        ],
        rows=rows,
        notes=[NAMING_NOTE],
        breaks=breaks,
    )
