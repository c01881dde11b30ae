"""The results behind the tables, and the captions and notes that all tables share."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from emofusion.evaluation.humans import ceiling
from emofusion.evaluation.metrics import NAMING_NOTE, PRINTED
from emofusion.reporting.layout import Cell
from emofusion.wording import PAPER_RUNS, count, modality_name, number_cell, system_name

NAMED_RUNS = 20

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Results:
    """Results and settings that all tables use.

    Attributes:
        summary: as `summarise` gives it.
        floors: as `floors` gives them.
        missing: model, modalities, fold, seed of configured runs that do not exist.
        runs: configured runs per system, folds times seeds.
        accept_missing: print deviations, bold font and asterisks as if no run were missing.
        source: name of the corpus.
        printed: whether the paper prints numbers for this corpus.
        own_models: models that are not the package's.
        unlike_paper: settings that keep the numbers from being compared with the paper's.
        further: {letter: name} of modalities other than text, vision and audio.
        humans: rows of what annotators reach; empty for a corpus without raters.
    """

    summary: pd.DataFrame
    floors: pd.DataFrame
    missing: pd.DataFrame
    runs: int
    accept_missing: bool
    source: str
    printed: bool = False
    own_models: Sequence[str] = ()
    unlike_paper: Sequence[str] = ()
    further: Mapping[str, str] = field(default_factory=dict)
    humans: Sequence[Mapping[str, Any]] = ()

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


def caption_reservations(results: Results, systems: Iterable[tuple[str, str]]) -> str:
    """What a reader must know before comparing with the paper; for the end of a caption."""
    text = ""
    if results.source == "synthetic":
        text += " Synthetic corpus: the numbers show that the pipeline works, not how people feel."
    if results.printed and not run_counts(results, systems) <= {PAPER_RUNS}:
        text += f" The paper reports {PAPER_RUNS} runs."
    return text


def notes(
    results: Results, modality_sets: Sequence[str], systems: Iterable[tuple[str, str]]
) -> list[str]:
    """Below a table: floors and ceiling, missing runs, and which accuracy is which."""
    return [
        _floors_note(results.floors, modality_sets) + _ceiling_note(results),
        *_missing_note(results, set(systems)),
        NAMING_NOTE,
    ]


def counts_as_complete(results: Results, result: Result | None) -> bool:
    """Whether a result is printed without marking missing runs: none miss, or they are accepted."""
    return result is not None and (result.complete or results.accept_missing)


def result_cell(
    results: Results, result: Result | None, *, bold: bool = False, mark: str = ""
) -> Cell | str:
    """A mean with its deviation; with the number of runs where some are missing."""
    if result is None:
        return "-"
    text = number_cell(result.mean)
    if counts_as_complete(results, result) and not pd.isna(result.std):
        text += f" ± {number_cell(result.std)}"
    if not result.complete:
        text += f" ({count(result.runs, 'run')})"
    return Cell(text, bold, mark)


def best_of(results: Results, found: Mapping[Key, Result | None]) -> set[Key]:
    """Keys of the largest mean, as printed; none where there is only one."""
    means = {
        key: round(r.mean, 3) for key, r in found.items() if r and counts_as_complete(results, r)
    }
    top = max(means.values(), default=None)
    return {key for key, mean in means.items() if len(means) > 1 and mean == top}


def run_counts(results: Results, systems: Iterable[tuple[str, str]]) -> set[int]:
    """How many runs the systems have."""
    found = (results.of(*system, "accuracy") for system in systems)
    return {result.runs for result in found if result}


def runs_in_words(results: Results, systems: Iterable[tuple[str, str]]) -> str:
    """For example "50 runs (folds × seeds)"."""
    counts = sorted(run_counts(results, systems))
    return " or ".join(map(str, counts)) + " runs (folds × seeds)"


def _floors_note(floors: pd.DataFrame, modality_sets: Sequence[str]) -> str:
    means = floors.groupby(["floor", "modalities"])[list(PRINTED)].mean()

    def reached(*floor: str) -> str:
        return ", ".join(f"{PRINTED[m]} {number_cell(means.loc[floor, m])}" for m in PRINTED)

    lengths = "; ".join(
        f"{modality_name(name)} {reached('lengths', name)}"
        for name in modality_sets
        if ("lengths", name) in means.index
    )
    text = f"Floors (mean over folds): majority class {reached('majority', '')}"
    if lengths:
        text += f"; a classifier that sees only the lengths of the sequences {lengths}"
    return f"{text}."


def _ceiling_note(results: Results) -> str:
    """What one annotator reaches; empty for a corpus without raters."""
    reached = ceiling(results.humans)
    if not reached:
        return ""
    values = ", ".join(f"{PRINTED[m]} {number_cell(reached[m])}" for m in PRINTED)
    return f" Ceiling: one annotator against the majority of the others {values}."


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
    means = "" if results.accept_missing else " and no deviation, bold font or asterisk"
    return [
        "Missing runs (the cells of these systems show their number of runs"
        f"{means}; metrics/missing.csv): "
        f"{text}."
    ]
