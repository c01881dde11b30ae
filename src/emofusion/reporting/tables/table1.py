"""Table 1 of the paper."""

from collections.abc import Mapping, Sequence

import pandas as pd

from emofusion.evaluation.metrics import PRINTED
from emofusion.reporting.layout import Cell, Group, Row, Table
from emofusion.reporting.tables.results import (
    Results,
    best_of,
    caption_reservations,
    counts_as_complete,
    notes,
    result_cell,
    runs_in_words,
)
from emofusion.wording import (
    PAPER_NAMES,
    REIMPLEMENTED_NOTE,
    is_reimplemented,
    modality_name,
    model_name,
)

TABLES = {
    "table1": {
        "title": "Table 1: models by modalities",
        "reads": "results comparisons",
        "uses": "models modalities alpha",
        "needs": "table1",
        "says": "shows each model on each set of modalities, as the paper's Table 1",
        "order": 10,
    }
}

COLUMN_NAMES = {"mha": "AMH"}
"""Models that share a column of Table 1, as in the paper: MHA where there is no AMH."""

DAGGER = "†"


def table1_columns(models: Sequence[str]) -> dict[str, list[str]]:
    """{title: its models} of Table 1, in the order of the configuration."""
    columns: dict[str, list[str]] = {}
    for model in models:
        columns.setdefault(COLUMN_NAMES.get(model, model_name(model)), []).append(model)
    return columns


def table1(
    results: Results,
    comparisons: pd.DataFrame,
    *,
    models: Sequence[str],
    modalities: Sequence[str],
    alpha: float,
) -> Table:
    """Table 1: every model on every modality set where it is defined.

    The best mean of a row and metric is marked as the table prints it, to three decimals, so that
    equal numbers are marked alike; a row with one model has no best. The asterisk marks the
    better of self and cross where P < alpha in the paper's t-test.

    Args:
        results: the results of all systems.
        comparisons: all tests of all pairs.
        models: columns, in their order, for each metric; MHA shares AMH's.
        modalities: rows, in their order.
        alpha: an asterisk marks P below it.
    """
    columns = table1_columns(models)
    winners = _winners(comparisons, alpha)
    rows = [
        [
            modality_name(row),
            *(
                cell
                for metric in PRINTED
                for cell in _table1_cells(results, winners, row, metric, columns)
            ),
        ]
        for row in modalities
    ]
    shown = [(model, row) for row in modalities for model in models]
    return Table(
        title="Table 1",
        caption=(
            "Results of emotion classification presented as mean ± standard deviation over "
            f"{runs_in_words(results, shown)}. "
            f"{_table1_key(models, modalities, rows, _tested(comparisons), alpha, results.further)}"
            f"{caption_reservations(results, shown)}"
        ),
        heads=["Modality", *(column for _ in PRINTED for column in columns)],
        groups=[Group(PAPER_NAMES[m], PRINTED[m], len(columns)) for m in PRINTED],
        rows=rows,
        notes=notes(results, modalities, shown),
    )


def _table1_cells(
    results: Results,
    winners: set[tuple[str, str, str]],
    modalities: str,
    metric: str,
    columns: Mapping[str, Sequence[str]],
) -> list[Cell | str]:
    """Cells of one row under one metric."""
    found = {m: results.of(m, modalities, metric) for group in columns.values() for m in group}
    best = best_of(results, found)
    cells: list[Cell | str] = []
    for group in columns.values():
        model = next((model for model in group if found[model]), group[0])
        result = found[model]
        pair = [found.get(name) for name in ("self", "cross")]
        tested = all(counts_as_complete(results, one) for one in pair)
        marked = (modalities, metric, model) in winners and tested
        mark = ("*" if marked else "") + (
            DAGGER if result and is_reimplemented(model, modalities) else ""
        )
        cells.append(result_cell(results, result, bold=model in best, mark=mark))
    return cells


def _tested(comparisons: pd.DataFrame) -> pd.DataFrame:
    """The paper's test, which compares self and cross."""
    own = (comparisons["model_a"] == "self") & (comparisons["model_b"] == "cross")
    return comparisons[own & (comparisons["test"] == "published")]


def _winners(comparisons: pd.DataFrame, alpha: float) -> set[tuple[str, str, str]]:
    """(modalities, metric, better model) where the paper's test of the two is significant."""
    tested = _tested(comparisons)
    return {
        (row.modalities, row.metric, row.model_a if row.difference > 0 else row.model_b)
        for row in tested[tested["p"] < alpha].itertuples(index=False)
    }


def _table1_key(
    models: Sequence[str],
    modalities: Sequence[str],
    rows: Sequence[Row],
    tested: pd.DataFrame,
    alpha: float,
    further: Mapping[str, str],
) -> str:
    """What the table shows, and no more."""
    names = {"self": "Self: self-attention model", "cross": "Cross: cross-attention model"}
    parts = [names[model] for model in models if model in names]
    if {"amh", "mha"} <= set(models):
        parts.insert(0, "AMH: AMH for T+V+A, MHA for two modalities")
    letters = {"a": "audio", "v": "vision", "t": "text", **further}
    used = [f"{one.upper()}: {name}" for one, name in letters.items() if one in "".join(modalities)]
    text = f"KEY – {'; '.join([*used, *parts])}."
    if len(models) > 1:
        text += " The best results in each row are in bold font."
    if len(tested):
        text += (
            " The symbol * marks a significant difference between Self and Cross (two-tailed "
            f"t-test over runs, P < {alpha:g})."
        )
    if any(isinstance(cell, Cell) and DAGGER in cell.mark for row in rows for cell in row):
        text += f" {DAGGER}: {REIMPLEMENTED_NOTE}."
    return text
