"""Tables 1 and 2 of the paper."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from emofusion.evaluation.metrics import PRINTED, PRINTED_NAMES, TRAP_NOTE, decimals
from emofusion.reporting.layout import Cell, Group, Row, Table
from emofusion.reporting.names import (
    REIMPLEMENTED_NOTE,
    is_reimplemented,
    modality_name,
    model_name,
    system_name,
)
from emofusion.reporting.words import count

COLUMNS = {"mha": "AMH"}
"""Models that share a column of Table 1, as in the paper: MHA stands where there is no AMH."""

DAGGER = "†"
PAPER_RUNS = 50
NAMED_RUNS = 20


@dataclass(frozen=True)
class Results:
    """What tables are made from.

    Attributes:
        summary: as `summarise` gives it.
        floors: as `floors` gives them.
        missing: model, modalities, fold, seed of runs that are configured and not there.
        runs: configured for each system, folds times seeds.
        accept_missing: print deviations, the best and asterisks as if all runs were there.
        source: of the corpus.
        own_models: models that are not the package's.
        unlike_paper: settings that keep the numbers from being compared with the paper's.
    """

    summary: pd.DataFrame
    floors: pd.DataFrame
    missing: pd.DataFrame
    runs: int
    accept_missing: bool
    source: str
    own_models: Sequence[str] = ()
    unlike_paper: Sequence[str] = ()

    def of(self, model: str, modalities: str, metric: str) -> "Result | None":
        """Mean and deviation of a system; None if it has no run."""
        chosen = self.summary.query(
            "model == @model and modalities == @modalities and metric == @metric"
        )
        if chosen.empty:
            return None
        row = chosen.iloc[0]
        return Result(row["mean"], row["std"], int(row["runs"]), row["runs"] == self.runs)


@dataclass(frozen=True)
class Result:
    """Mean and deviation over the runs of a system, and whether all configured runs are there."""

    mean: float
    std: float
    runs: int
    complete: bool


def table1_columns(models: Sequence[str]) -> dict[str, list[str]]:
    """{title: its models} of Table 1, in the order of the configuration."""
    columns: dict[str, list[str]] = {}
    for model in models:
        columns.setdefault(COLUMNS.get(model, model_name(model)), []).append(model)
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
    equal numbers are marked alike; a row with one model has no best. The asterisk stands at the
    better of self and cross where P < alpha in the paper's t-test.

    Args:
        results: of all systems.
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
            f"{_runs(results, shown)}. {_table1_key(models, rows, alpha)}"
            f"{reservations(results, shown)}"
        ),
        heads=["Modality", *(column for _ in PRINTED for column in columns)],
        groups=[Group(PRINTED_NAMES[m], PRINTED[m], len(columns)) for m in PRINTED],
        rows=rows,
        notes=notes(results, modalities, shown),
    )


def table2(results: Results, *, systems: Sequence[tuple[str, str]]) -> Table:
    """Table 2: further models, each on its largest modality set.

    Args:
        results: of all systems.
        systems: (model, modalities) of the rows, in their order.
    """
    found = {
        metric: {system: results.of(*system, metric) for system in systems} for metric in PRINTED
    }
    # Systems compete on the same modalities.
    best = {
        metric: {
            system
            for modalities in dict.fromkeys(on for _, on in systems)
            for system in _best(
                results, {s: result for s, result in found[metric].items() if s[1] == modalities}
            )
        }
        for metric in PRINTED
    }
    rows: list[Row] = [
        [
            _row_name(*system),
            *(_cell(results, found[m][system], bold=system in best[m]) for m in PRINTED),
        ]
        for system in systems
    ]
    return Table(
        title="Table 2",
        caption=(
            "Weighted accuracy (WA) and unweighted accuracy (UWA) of additional model "
            f"configurations, mean ± standard deviation over {_runs(results, systems)}, on T+V+A "
            "unless said otherwise. KEY – SP: statistical pooling; Cross-noSP and Self-noSP: "
            "without it; Cross+Self: both models' pooled vectors together; Mean: averages of the "
            "encoders' outputs without attention; Cross (shared weights): a target's attentions "
            "share their weights, so that it has as many parameters as Self. The best results on "
            f"the same modalities are in bold font.{reservations(results, systems)}"
        ),
        heads=["Model", *PRINTED.values()],
        rows=rows,
        notes=notes(results, list(dict.fromkeys(s for _, s in systems)), systems),
    )


def reservations(results: Results, systems: Iterable[tuple[str, str]]) -> str:
    """What a reader must know before comparing with the paper; for the end of a caption."""
    text = ""
    if results.source == "synthetic":
        text += " Synthetic corpus: the numbers show that the pipeline works, not how people feel."
    if not _run_counts(results, systems) <= {PAPER_RUNS}:
        text += f" The paper reports {PAPER_RUNS} runs."
    return text


def notes(
    results: Results, modality_sets: Sequence[str], systems: Iterable[tuple[str, str]]
) -> list[str]:
    """Below a table: floors, missing runs, and which accuracy is which."""
    return [
        _floors_note(results.floors, modality_sets),
        *_missing_note(results, set(systems)),
        TRAP_NOTE,
    ]


def number(value: float) -> str:
    """As the paper prints it; empty if missing."""
    return "" if pd.isna(value) else decimals(value)


def _table1_cells(
    results: Results,
    winners: set[tuple[str, str, str]],
    modalities: str,
    metric: str,
    columns: Mapping[str, Sequence[str]],
) -> list[Cell | str]:
    """Cells of one row under one metric."""
    found = {m: results.of(m, modalities, metric) for group in columns.values() for m in group}
    best = _best(results, found)
    cells: list[Cell | str] = []
    for group in columns.values():
        model = next((model for model in group if found[model]), group[0])
        result = found[model]
        pair = [found.get(name) for name in ("self", "cross")]
        tested = all(whole(results, one) for one in pair)
        marked = (modalities, metric, model) in winners and tested
        mark = ("*" if marked else "") + (
            DAGGER if result and is_reimplemented(model, modalities) else ""
        )
        cells.append(_cell(results, result, bold=model in best, mark=mark))
    return cells


def _winners(comparisons: pd.DataFrame, alpha: float) -> set[tuple[str, str, str]]:
    """(modalities, metric, better model) of self against cross where the paper's test tells."""
    told = comparisons[(comparisons["test"] == "published") & (comparisons["p"] < alpha)]
    return {
        (row.modalities, row.metric, row.model_a if row.difference > 0 else row.model_b)
        for row in told.itertuples(index=False)
        if {row.model_a, row.model_b} == {"self", "cross"}
    }


def whole(results: Results, result: Result | None) -> bool:
    """Whether a result may be printed as that of all configured runs."""
    return result is not None and (result.complete or results.accept_missing)


def _cell(
    results: Results, result: Result | None, *, bold: bool = False, mark: str = ""
) -> Cell | str:
    if result is None:
        return "-"
    text = number(result.mean)
    if whole(results, result) and not pd.isna(result.std):
        text += f" ± {number(result.std)}"
    if not result.complete:
        text += f" ({count(result.runs, 'run')})"
    return Cell(text, bold, mark)


def _best(results: Results, found: Mapping[Hashable, Result | None]) -> set[Hashable]:
    """Keys of the largest mean, as printed; none where there is one alone."""
    means = {key: round(r.mean, 3) for key, r in found.items() if r and whole(results, r)}
    top = max(means.values(), default=None)
    return {key for key, mean in means.items() if len(means) > 1 and mean == top}


def _row_name(model: str, modalities: str) -> str:
    remarks = [modality_name(modalities)] if modalities != "tva" else []
    remarks += [REIMPLEMENTED_NOTE] if is_reimplemented(model, modalities) else []
    return model_name(model) + (f" ({', '.join(remarks)})" if remarks else "")


def _run_counts(results: Results, systems: Iterable[tuple[str, str]]) -> set[int]:
    found = (results.of(*system, "accuracy") for system in systems)
    return {result.runs for result in found if result}


def _runs(results: Results, systems: Iterable[tuple[str, str]]) -> str:
    counts = sorted(_run_counts(results, systems))
    return " or ".join(map(str, counts)) + " runs (folds × seeds)"


def _table1_key(models: Sequence[str], rows: Sequence[Row], alpha: float) -> str:
    names = {"self": "Self: self-attention model", "cross": "Cross: cross-attention model"}
    parts = [names[model] for model in models if model in names]
    if {"amh", "mha"} <= set(models):
        parts.insert(0, "AMH: AMH for T+V+A, MHA for two modalities")
    key = "; ".join(["A: audio", "V: vision", "T: text", *parts])
    text = (
        f"KEY – {key}. The best results in each row are in bold font. The symbol * marks a "
        "significant difference between Self and Cross (two-tailed t-test over runs, "
        f"P < {alpha:g})."
    )
    if any(isinstance(cell, Cell) and DAGGER in cell.mark for row in rows for cell in row):
        text += f" {DAGGER}: {REIMPLEMENTED_NOTE}."
    return text


def _floors_note(floors: pd.DataFrame, modality_sets: Sequence[str]) -> str:
    means = floors.groupby(["floor", "modalities"])[list(PRINTED)].mean()

    def reached(*floor: str) -> str:
        return ", ".join(f"{PRINTED[m]} {number(means.loc[floor, m])}" for m in PRINTED)

    lengths = "; ".join(
        f"{modality_name(name)} {reached('lengths', name)}"
        for name in modality_sets
        if ("lengths", name) in means.index
    )
    text = f"Floors (mean over folds): majority class {reached('majority', '')}"
    if lengths:
        text += f"; a classifier that sees only the lengths of the sequences {lengths}"
    return f"{text}."


def _missing_note(results: Results, systems: set[tuple[str, str]]) -> list[str]:
    """The missing runs by name."""
    names = [
        f"{system_name(row.model, row.modalities)} fold {row.fold} seed {row.seed}"
        for row in results.missing.itertuples(index=False)
        if (row.model, row.modalities) in systems
    ]
    if not names:
        return []
    more = len(names) - NAMED_RUNS
    text = ", ".join(names[:NAMED_RUNS]) + (f" and {more} more" if more > 0 else "")
    means = "" if results.accept_missing else " and have no deviation, best or asterisk"
    return [
        f"Missing runs (results without them tell their number{means}; metrics/missing.csv): "
        f"{text}."
    ]
