"""The section on the results: tables, floors, figures."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from emofusion.evaluation.metrics import PRINTED
from emofusion.reporting.latex import escape, tabular
from emofusion.wording import decimals, modality_name


def results(
    tables: Mapping[str, tuple[Path, int, str]],
    figures: Mapping[str, tuple[Path, str]],
    floors: pd.DataFrame | None,
) -> str:
    """Tables as they are, floors, figures."""
    guide = "; ".join(f"Table {number} {says}" for _, number, says in tables.values() if says)
    inputs = [
        rf"\setcounter{{table}}{{{number - 1}}}\input{{{path.with_suffix('').as_posix()}}}"
        for path, number, _ in tables.values()
    ]
    pictures = [picture(name, *figure) for name, figure in figures.items()]
    parts = [
        r"\section{Results}",
        guide and f"{guide}.",
        floor_table(floors),
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


def floor_table(floors: pd.DataFrame | None) -> str:
    """Results of classifiers that see nothing of an emotion: the majority class, the lengths."""
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
    return (
        r"\textbf{Floors,} mean over folds. These classifiers know only how frequent the classes "
        "are, or the lengths of the sequences, and nothing of what is said, heard or seen. A "
        "system must beat them to show that it uses more: averages over unmasked padding depend "
        "on the duration too.\n\n"
        + tabular("llrr", ["classifier", "modalities", *PRINTED.values()], rows)
    )
