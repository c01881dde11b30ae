"""The paper's tables, for print (LaTeX, booktabs) and for the terminal."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from emofusion.evaluation.metrics import PRINTED, PRINTED_NAMES, TRAP_NOTE

MODEL_NAMES = {
    "self": "Self",
    "cross": "Cross",
    "self_nosp": "Self-noSP",
    "cross_nosp": "Cross-noSP",
    "self_cross": "Cross+Self",
    "mean": "Mean (no attention)",
    "cross_matched": "Cross (shared weights)",
    "mdre": "MDRE",
    "mha": "MHA",
    "amh": "AMH",
    "mcsan": "MCSAN",
}
COLUMNS = {"mha": "AMH"}
"""Models that share a column of Table 1, as in the paper: MHA stands where there is no AMH."""

REIMPLEMENTED = {"mha": "tv ta va", "mdre": "tv va tva", "mcsan": "ta"}
"""{model: modality sets} without public code of the authors, written from descriptions."""

REIMPLEMENTED_NOTE = "re-implemented from the description"
DAGGER = "†"
PAPER_RUNS = 50


@dataclass(frozen=True)
class Cell:
    """Mean and standard deviation over runs, and how the table marks them."""

    mean: float
    std: float
    best: bool
    significant: bool = False
    reimplemented: bool = False


Cells = dict[tuple[str, str, str], Cell]
"""{(modalities, metric, column): cell}"""

Row = list[str | Cell | None]
"""Name and cells of a table's row."""


def modality_name(modalities: str) -> str:
    """As the paper prints it: "tva" is T+V+A."""
    return "+".join(modalities.upper())


def system_name(model: str, modalities: str) -> str:
    """For example "Cross T+V+A"."""
    return f"{model_name(model)} {modality_name(modalities)}"


def table1_columns(models: Sequence[str]) -> dict[str, list[str]]:
    """{title: its models} of Table 1, in the order of the configuration."""
    columns: dict[str, list[str]] = {}
    for model in models:
        columns.setdefault(COLUMNS.get(model, model_name(model)), []).append(model)
    return columns


def table1_cells(
    summary: pd.DataFrame,
    comparisons: pd.DataFrame,
    *,
    models: Sequence[str],
    modalities: Sequence[str],
    alpha: float,
) -> Cells:
    """The cell of every system of the table that was run, by (modalities, metric, column).

    The best mean of a row and metric is marked as the table prints it, to three decimals, so that
    equal numbers are marked alike; a row with one model has no best. The asterisk stands at the
    better of self and cross where P < alpha.
    """
    results = {
        (row.modalities, row.metric, row.model): row for row in summary.itertuples(index=False)
    }
    winners = {
        (row.modalities, row.metric, row.model_a if row.difference > 0 else row.model_b)
        for row in comparisons.itertuples(index=False)
        if {row.model_a, row.model_b} == {"self", "cross"} and row.p < alpha
    }
    owner = {model: title for title, group in table1_columns(models).items() for model in group}
    cells = {}
    for row in modalities:
        for metric in PRINTED:
            present = {m: results[row, metric, m] for m in models if (row, metric, m) in results}
            best = _best({model: result.mean for model, result in present.items()})
            for model, result in present.items():
                cells[row, metric, owner[model]] = Cell(
                    mean=result.mean,
                    std=result.std,
                    best=model in best,
                    significant=(row, metric, model) in winners,
                    reimplemented=_is_reimplemented(model, row),
                )
    return cells


def table1(
    summary: pd.DataFrame,
    comparisons: pd.DataFrame,
    *,
    models: Sequence[str],
    modalities: Sequence[str],
    alpha: float,
    source: str,
) -> dict[str, str]:
    """Table 1 as a LaTeX table (`tex`; needs booktabs) and for the terminal (`txt`).

    Args:
        summary, comparisons: as `summarise` and `published_t_test` give them.
        models: columns, in their order, for each metric; MHA shares AMH's.
        modalities: rows, in their order.
        alpha: an asterisk marks P below it.
        source: of the corpus; a synthetic one is named in the caption.
    """
    cells = table1_cells(summary, comparisons, models=models, modalities=modalities, alpha=alpha)
    columns = list(table1_columns(models))
    caption = (
        "Results of emotion classification, mean $\\pm$ standard deviation over "
        f"{_runs(summary)} runs (folds times seeds).{_reservations(summary, source)}"
    )
    key = _key(models, cells.values(), alpha)
    rows = [
        [modality_name(row), *(cells.get((row, m, column)) for m in PRINTED for column in columns)]
        for row in modalities
    ]
    heads = ["Modality", *(f"{PRINTED[m]} {column}" for m in PRINTED for column in columns)]
    notes = [f"_best of a row_; * P < {alpha:g} between Self and Cross, t-test as published."]
    if any(cell.reimplemented for cell in cells.values()):
        notes[0] += f" {DAGGER} {REIMPLEMENTED_NOTE}."
    return {
        "tex": _tex_table(_spanning_head(columns), rows, f"{caption} {key} {TRAP_NOTE}"),
        "txt": _text_table("Table 1", heads, rows, caption, notes),
    }


def table2(
    summary: pd.DataFrame, *, systems: Sequence[tuple[str, str]], source: str
) -> dict[str, str]:
    """Table 2: further models, each on its largest modality set, for print and for the terminal.

    Args:
        summary: as `summarise` gives it.
        systems: (model, modalities) of the rows, in their order.
        source: of the corpus.
    """
    results = {
        (row.model, row.modalities, row.metric): row for row in summary.itertuples(index=False)
    }
    best = {
        metric: _best({system: results[*system, metric].mean for system in systems})
        for metric in PRINTED
    }
    rows = [
        [
            _row_name(*system),
            *(
                Cell(
                    mean=results[*system, metric].mean,
                    std=results[*system, metric].std,
                    best=system in best[metric],
                )
                for metric in PRINTED
            ),
        ]
        for system in systems
    ]
    own = pd.concat([summary.query("model == @m and modalities == @s") for m, s in systems])
    caption = (
        "Weighted accuracy (WA) and unweighted accuracy (UWA) of additional configurations, mean "
        f"$\\pm$ standard deviation over {_runs(own)} runs (folds times seeds), on T+V+A unless "
        f"said otherwise.{_reservations(own, source)}"
    )
    key = (
        "KEY - SP: statistical pooling; noSP: without it; Cross+Self: both models' pooled "
        "vectors together. Mean averages the encoders' outputs without attention; in Cross (shared "
        "weights) a target's attentions share their weights, so that it has as many parameters "
        "as Self. The best results are in bold font."
    )
    heads = ["Configuration", *PRINTED.values()]
    return {
        "tex": _tex_table([" & ".join(heads) + r" \\"], rows, f"{caption} {key} {TRAP_NOTE}"),
        "txt": _text_table("Table 2", heads, rows, caption, ["_best of a column_."]),
    }


def _best(means: Mapping[Any, float]) -> set[Any]:
    """Keys of the largest mean, as printed; none where there is one alone."""
    top = max((round(mean, 3) for mean in means.values()), default=None)
    return {key for key, mean in means.items() if len(means) > 1 and round(mean, 3) == top}


def _is_reimplemented(model: str, modalities: str) -> bool:
    return modalities in REIMPLEMENTED.get(model, "").split()


def _row_name(model: str, modalities: str) -> str:
    remarks = [modality_name(modalities)] if modalities != "tva" else []
    remarks += [REIMPLEMENTED_NOTE] if _is_reimplemented(model, modalities) else []
    return model_name(model) + (f" ({', '.join(remarks)})" if remarks else "")


def _spanning_head(columns: Sequence[str]) -> list[str]:
    width = len(columns)
    spans = [(2 + i * width, 1 + (i + 1) * width) for i in range(len(PRINTED))]
    return [
        "Modality"
        + "".join(
            rf" & \multicolumn{{{width}}}{{c}}{{{PRINTED_NAMES[m]} ({PRINTED[m]})}}"
            for m in PRINTED
        )
        + r" \\",
        " ".join(rf"\cmidrule(lr){{{first}-{last}}}" for first, last in spans),
        "".join(f" & {column}" for _ in PRINTED for column in columns) + r" \\",
    ]


def _tex_table(head: list[str], rows: Sequence[Row], caption: str) -> str:
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\begin{{tabular}}{{l{'c' * (len(rows[0]) - 1)}}}",
        r"\toprule",
        *head,
        r"\midrule",
        *(" & ".join([name, *map(_tex, cells)]) + r" \\" for name, *cells in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _text_table(
    title: str, heads: list[str], rows: Sequence[Row], caption: str, notes: list[str]
) -> str:
    grid = [heads, *([name, *map(_text, cells)] for name, *cells in rows)]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in grid
    ]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    texts = [f"{title}. {caption}".replace(r"$\pm$", "±"), *notes, TRAP_NOTE]
    top, *below = (textwrap.fill(text, 100) for text in texts)
    return "\n".join([top, "", lines[0], rule, *lines[1:], "", *below]) + "\n"


def _runs(summary: pd.DataFrame) -> str:
    return " or ".join(map(str, sorted(summary["runs"].unique())))


def _reservations(summary: pd.DataFrame, source: str) -> str:
    """What a reader must know before comparing with the paper."""
    text = ""
    if source == "synthetic":
        text += " Synthetic corpus: the numbers show that the pipeline works, not how people feel."
    if set(summary["runs"]) != {PAPER_RUNS}:
        text += f" The paper reports {PAPER_RUNS} runs."
    return text


def _key(models: Sequence[str], cells: Iterable[Cell], alpha: float) -> str:
    names = {"self": "Self: self-attention model", "cross": "Cross: cross-attention model"}
    parts = [names[model] for model in models if model in names]
    if {"amh", "mha"} <= set(models):
        parts.insert(0, "AMH: AMH for T+V+A, MHA for two modalities")
    key = "; ".join(["A: audio", "V: vision", "T: text", *parts])
    text = (
        f"KEY - {key}. The best results in each row are in bold font. The symbol * marks a "
        "significant difference between Self and Cross (two-tailed "
        rf"t-test over runs, $P < {alpha:g}$)."
    )
    if any(cell.reimplemented for cell in cells):
        text += rf" $^\dagger$: {REIMPLEMENTED_NOTE}."
    return text


def model_name(model: str) -> str:
    """As the paper prints it; a model that it does not know by its own name."""
    return MODEL_NAMES.get(model, model)


def _number(value: float) -> str:
    """Three decimals without the leading zero, as the paper prints them."""
    return f"{value:.3f}".removeprefix("0")


def _tex(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    text = _number(cell.mean)
    if not pd.isna(cell.std):
        text += rf" $\pm$ {_number(cell.std)}"
    text = rf"\textbf{{{text}}}" if cell.best else text
    text += "*" if cell.significant else ""
    return text + (r"$^\dagger$" if cell.reimplemented else "")


def _text(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    text = _number(cell.mean)
    if not pd.isna(cell.std):
        text += f" ± {_number(cell.std)}"
    text = f"_{text}_" if cell.best else f" {text} "
    text += "*" if cell.significant else ""
    return text + (DAGGER if cell.reimplemented else "")
