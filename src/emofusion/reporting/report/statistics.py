"""The section on the tests, and the verdicts beyond those of the summary."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.verdicts import CLUSTERS_NEEDED, FOLDS_NEEDED, SEEDS_NEEDED, kind
from emofusion.reporting.latex import escape, itemize, tabular
from emofusion.reporting.report.summary import of_main_pair, pair_sentences, primary
from emofusion.reporting.tables.comparisons import (
    difference_cell,
    interval_cell,
    level_text,
    scope,
)
from emofusion.wording import count, modality_name, model_name, number_cell

FURTHER = {
    "table2": "Comparisons that the paper makes in Table 2",
    "controls": "Controls that the paper lacks",
}
"""{family of comparisons: title} whose verdicts are sentences."""

COUNTED = {
    "baselines": "Self and Cross against the baselines",
    "other": "Other pairs on the same modalities",
}
"""{family of comparisons: title} whose verdicts are counted."""


def statistics(
    config: Mapping[str, Any],
    verdicts: pd.DataFrame | None,
    new_speakers: pd.DataFrame | None = None,
) -> str:
    """What was tested how, new speakers, and the verdicts beyond those of the main pair."""
    given = config["statistics"]
    others = None if verdicts is None else verdicts.drop(index=of_main_pair(verdicts).index)
    margins = ", ".join(
        f"{100 * given['margins'][metric]:g} points of {name}" for metric, name in PRINTED.items()
    )
    parts = [
        r"\section{Statistics in brief}",
        "The paper's test treats all runs as independent. They are not: seeds of a fold share "
        "their data, and folds share most of their training utterances, so that $P$ can be far "
        rf"too small or too large. Verdicts (level {given['alpha']:g}) rest on "
        f"{'the tests below' if verdicts is None else primary(verdicts)}. The test uses the "
        "largest of these standard errors: that estimated from the spread of these differences, "
        "that of sampling the test utterances and, over speakers, that between folds. Fewer than "
        f"{FOLDS_NEEDED} folds (or speakers) give no verdict. With a single partition the error "
        "includes that from the seeds, and a verdict is about models trained on its training "
        f"partition; it needs {CLUSTERS_NEEDED} dialogs or speakers and {SEEDS_NEEDED} seeds. "
        f"{'' if verdicts is None else scope(verdicts)}",
        "A pair is called equivalent if two one-sided tests show that the difference is within the "
        f"configured margin ({margins}): without and, unless there is a single partition, with "
        "Nadeau and Bengio's correction. "
        "These tests, too, are corrected by Holm's method; the margins and differences that "
        "follow are not. "
        r"\emph{Equivalence would hold within} (Table 4: smallest margin) is the smallest margin "
        r"at which these tests would have shown equivalence. A difference \emph{would be found} "
        r"(Table 4: detectable) if it is large enough for the test with Nadeau and Bengio's "
        rf"correction, without Holm's, to have the power {given['power']:g}. Further "
        r"tests (bootstrap over dialogs and "
        r"speakers, Bayesian) are in \texttt{statistics/comparisons.csv}; "
        r"\texttt{docs/statistics.md} says what each answers.",
    ]
    if new_speakers is not None:
        parts.append(new_speakers_text(of_main_pair(new_speakers), given["alpha"]))
    if others is None:
        return "\n\n".join(parts)
    for family, title in FURTHER.items():
        sentences = pair_sentences(others[others["family"] == family], given["alpha"])
        if sentences:
            parts += [f"{title}, a separate family for Holm's correction:", itemize(sentences)]
    for family, title in COUNTED.items():
        rows = others[others["family"] == family]
        if len(rows):
            kinds = Counter(kind(row) for row in rows.to_dict("records"))
            counts = ", ".join(f"{name} {n}" for name, n in sorted(kinds.items()))
            pairs = len(rows.drop_duplicates(["modalities", "model_a", "model_b"]))
            parts.append(
                f"{title} ({count(pairs, 'pair')} of systems, {len(PRINTED)} metrics each). "
                rf"Verdicts on the first system of each pair: {escape(counts)} "
                r"(\texttt{statistics/verdicts.csv})."
            )
    return "\n\n".join(part for part in parts if part)


def new_speakers_text(rows: pd.DataFrame, alpha: float) -> str:
    """What the main comparison says of a speaker whom nobody has heard; empty without rows."""
    if rows.empty:
        return ""
    a, b = (escape(model_name(rows[name].iloc[0])) for name in ("model_a", "model_b"))
    cells = [
        [
            modality_name(row.modalities) if row.modalities else "all sets",
            PRINTED[row.metric],
            difference_cell(row.mean, row.low, row.high),
            interval_cell(row.new_low, row.new_high),
            number_cell(row.p_within),
        ]
        for row in rows.itertuples(index=False)
    ]
    head = ["modalities", "", "mean difference", "a new speaker's", "P(within margin)"]
    return (
        rf"\textbf{{A new speaker.}} {a} minus {b}, by a model with random effects of speakers, "
        f"folds and sets of modalities, from {rows['speakers'].iloc[0]} speakers: the mean "
        "difference over speakers, the difference for one whom nobody has heard yet (with "
        rf"{escape(level_text(1 - alpha))} intervals), and the probability that the latter is "
        "within the margin. The sets borrow strength from each other."
        "\n\n" + tabular("llrrr", head, cells)
    )
