"""The section on the results: tables, floors, figures."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.evaluation.humans import ceiling
from emofusion.evaluation.metrics import PRINTED
from emofusion.frames import rows_of
from emofusion.reporting.latex import escape, tabular
from emofusion.wording import count, decimals, modality_name


def results(
    tables: Mapping[str, tuple[Path, int, str]],
    figures: Mapping[str, tuple[Path, str]],
    floors: pd.DataFrame | None,
    humans: pd.DataFrame | None = None,
) -> str:
    """Tables as they are, floors and ceiling, figures."""
    guide = "; ".join(f"Table {number} {says}" for _, number, says in tables.values() if says)
    inputs = [
        rf"\setcounter{{table}}{{{number - 1}}}\input{{{path.with_suffix('').as_posix()}}}"
        for path, number, _ in tables.values()
    ]
    pictures = [picture(name, *figure) for name, figure in figures.items()]
    parts = [
        r"\section{Results}",
        guide and f"{guide}.",
        floor_table(floors, humans),
        *inputs,
        *pictures,
    ]
    return "\n\n".join(part for part in parts if part)


def picture(name: str, path: Path, caption: str) -> str:
    """A figure at its own size, made smaller where the page demands it."""
    return "\n".join(
        [
            r"\begin{figure}",
            r"\centering",
            rf"\includegraphics[width=\nowider,height=\nohigher,keepaspectratio]{{{path.as_posix()}}}",
            rf"\caption{{{escape(caption)}}}",
            rf"\label{{fig:{name}}}",
            r"\end{figure}",
        ]
    )


def floor_table(floors: pd.DataFrame | None, humans: pd.DataFrame | None = None) -> str:
    """Results of classifiers that see nothing of an emotion, and what one annotator reaches."""
    if floors is None or floors.empty:
        return ""
    names = {"majority": "always the most frequent class", "lengths": "lengths of the sequences"}
    means = floors.groupby(["floor", "modalities"], sort=False)[list(PRINTED)].mean()
    rows = [
        [
            names.get(floor, floor),
            modality_name(modalities) if modalities else "none",
            *(decimals(row[metric]) for metric in PRINTED),
        ]
        for (floor, modalities), row in means.iterrows()
    ]
    people = [] if humans is None else rows_of(humans)
    if reached := ceiling(people):
        values = [decimals(reached[metric]) for metric in PRINTED]
        rows.append(["ceiling: one annotator against the majority of the others", "", *values])
    return (
        r"\textbf{Floors,} mean over folds. These classifiers know only how frequent the classes "
        "are, or the lengths of the sequences, and nothing of what is said, heard or seen. A "
        "system must beat them to show that it uses more: averages over unmasked padding depend "
        f"on the duration too. {_agreement(people) if reached else ''}\n\n"
        + tabular("llrr", ["classifier", "modalities", *PRINTED.values()], rows)
    )


def _agreement(people: Sequence[Mapping[str, Any]]) -> str:
    """What the ceiling rests on, and how far annotators agree.

    Args:
        people: rows of metrics/humans.csv.
    """
    accuracy = next(row for row in people if row["quantity"] == "accuracy")
    alphas = [
        f"{row['of']} {decimals(row['value'])}"
        for row in people
        if row["quantity"] == "alpha" and not math.isnan(row["value"])
    ]
    return (
        rf"\textbf{{Ceiling:}} {count(accuracy['judgements'], 'judgement')} of annotators on "
        f"{count(accuracy['utterances'], 'tested utterance')}, each against the majority of the "
        f"others; {accuracy['left_out']:,} are left out, since the others have no majority among "
        f"the classes. Krippendorff's alpha: {', '.join(alphas) or 'not defined'}."
    )
