"""The paper's tables, for print (LaTeX, booktabs) and for the terminal."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from emofusion.evaluation.metrics import PRINTED, PRINTED_NAMES, TRAP_NOTE

MODEL_NAMES = {"self": "Self", "cross": "Cross"}
PAPER_RUNS = 50


@dataclass(frozen=True)
class Cell:
    """Mean and standard deviation over runs; best in its row and metric; significantly better."""

    mean: float
    std: float
    best: bool
    significant: bool


Cells = dict[tuple[str, str, str], Cell]
"""{(modalities, metric, model): cell}"""


def modality_name(modalities: str) -> str:
    """As the paper prints it: "tva" is T+V+A."""
    return "+".join(modalities.upper())


def system_name(model: str, modalities: str) -> str:
    """For example "Cross T+V+A"."""
    return f"{_model_name(model)} {modality_name(modalities)}"


def table1_cells(
    summary: pd.DataFrame,
    comparisons: pd.DataFrame,
    *,
    models: Sequence[str],
    modalities: Sequence[str],
    alpha: float,
) -> Cells:
    """The cell of every system that was run.

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
    cells = {}
    for row in modalities:
        for metric in PRINTED:
            present = [model for model in models if (row, metric, model) in results]
            means = {model: results[row, metric, model].mean for model in present}
            top = max((round(mean, 3) for mean in means.values()), default=None)
            for model in present:
                key = (row, metric, model)
                best = len(present) > 1 and round(means[model], 3) == top
                cells[key] = Cell(means[model], results[key].std, best, key in winners)
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
        models: columns, in their order, for each metric.
        modalities: rows, in their order.
        alpha: an asterisk marks P below it.
        source: of the corpus; a synthetic one is named in the caption.
    """
    cells = table1_cells(summary, comparisons, models=models, modalities=modalities, alpha=alpha)
    caption = _caption(summary, source)
    return {
        "tex": _tex_table(
            cells, models, modalities, f"{caption} {_key(models, alpha)} {TRAP_NOTE}"
        ),
        "txt": _text_table(cells, models, modalities, caption, alpha),
    }


def _tex_table(cells: Cells, models: Sequence[str], modalities: Sequence[str], caption: str) -> str:
    width = len(models)
    spans = [(2 + i * width, 1 + (i + 1) * width) for i in range(len(PRINTED))]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\begin{{tabular}}{{l{'c' * width * len(PRINTED)}}}",
        r"\toprule",
        "Modality"
        + "".join(
            rf" & \multicolumn{{{width}}}{{c}}{{{PRINTED_NAMES[m]} ({PRINTED[m]})}}"
            for m in PRINTED
        )
        + r" \\",
        " ".join(rf"\cmidrule(lr){{{first}-{last}}}" for first, last in spans),
        "".join(f" & {_model_name(model)}" for _ in PRINTED for model in models) + r" \\",
        r"\midrule",
        *(
            modality_name(row)
            + "".join(f" & {_tex(cells.get((row, m, model)))}" for m in PRINTED for model in models)
            + r" \\"
            for row in modalities
        ),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _text_table(
    cells: Cells,
    models: Sequence[str],
    modalities: Sequence[str],
    caption: str,
    alpha: float,
) -> str:
    columns = [(metric, model) for metric in PRINTED for model in models]
    grid = [
        ["Modality", *(f"{PRINTED[metric]} {_model_name(model)}" for metric, model in columns)],
        *(
            [modality_name(row), *(_text(cells.get((row, *column))) for column in columns)]
            for row in modalities
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    rows = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in grid
    ]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    head = f"Table 1. {caption}".replace(r"$\pm$", "±")
    key = f"_best of a row_; * P < {alpha:g} between Self and Cross, t-test as published."
    notes = [textwrap.fill(text, 100) for text in (head, key, TRAP_NOTE)]
    return "\n".join([notes[0], "", rows[0], rule, *rows[1:], "", *notes[1:]]) + "\n"


def _caption(summary: pd.DataFrame, source: str) -> str:
    runs = sorted(summary["runs"].unique())
    text = (
        r"Results of emotion classification, mean $\pm$ standard deviation over "
        f"{' or '.join(map(str, runs))} runs (folds times seeds)."
    )
    if source == "synthetic":
        text += " Synthetic corpus: the numbers show that the pipeline works, not how people feel."
    if runs != [PAPER_RUNS]:
        text += f" The paper reports {PAPER_RUNS} runs."
    return text


def _key(models: Sequence[str], alpha: float) -> str:
    names = {"self": "Self: self-attention model", "cross": "Cross: cross-attention model"}
    key = "; ".join(names[model] for model in models if model in names)
    return (
        f"KEY - A: audio; V: vision; T: text; {key}. The best results in each row are in bold "
        "font. The symbol * marks a significant difference between Self and Cross (two-tailed "
        rf"t-test over runs, $P < {alpha:g}$)."
    )


def _model_name(model: str) -> str:
    return MODEL_NAMES.get(model, model)


def _number(value: float) -> str:
    """Three decimals without the leading zero, as the paper prints them."""
    return f"{value:.3f}".removeprefix("0")


def _tex(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    text = (
        _number(cell.mean)
        if pd.isna(cell.std)
        else rf"{_number(cell.mean)} $\pm$ {_number(cell.std)}"
    )
    text = rf"\textbf{{{text}}}" if cell.best else text
    return text + "*" if cell.significant else text


def _text(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    text = (
        _number(cell.mean) if pd.isna(cell.std) else f"{_number(cell.mean)} ± {_number(cell.std)}"
    )
    text = f"_{text}_" if cell.best else f" {text} "
    return text + "*" if cell.significant else text
