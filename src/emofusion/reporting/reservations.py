"""What a reader of the results must keep in mind, for the terminal, the page and the report.

Rows are those of the result files, with numbers as numbers or as text; pandas is not needed.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from emofusion.wording import PAPER_RUNS, count, listing, number_cell, percent, system_name

Row = Mapping[str, Any]
System = tuple[str, str]
"""A model and its set of modalities."""

NAMED_SYSTEMS = 4


class Reservation(NamedTuple):
    """A short statement, and what else there is to say about it."""

    statement: str
    details: str = ""


def reservations(
    about: Mapping[str, Any],
    *,
    runs: Sequence[Row],
    floors: Sequence[Row],
    leakage: Sequence[Row],
    missing: int,
) -> Iterator[Reservation]:
    """All that the files of the results show.

    Args:
        about: `source`, `printed` and `unlike_paper`, as `Plan.about_results` has them.
        runs: rows of metrics/runs.csv.
        floors: rows of metrics/floors.csv.
        leakage: rows of splits/leakage.csv.
        missing: number of configured runs that are not there.
    """
    if about["source"] == "synthetic":
        yield Reservation(
            "Synthetic corpus: the numbers show that the pipeline works.",
            "They say nothing about people, and nothing about the paper's claim.",
        )
    if about["unlike_paper"]:
        yield Reservation(
            "Not the paper's settings.",
            "They differ from config.yaml (its values in brackets): "
            f"{'; '.join(about['unlike_paper'])}.",
        )
    if about["printed"]:
        yield from _number_of_runs(runs)
    if missing:
        yield Reservation(
            f"{count(missing, 'configured run')} missing.",
            "They are named in metrics/missing.csv; tables are made from the runs that are there.",
        )
    tests = [row for row in leakage if row["partition"] == "test"]
    yield from _speakers(tests)
    yield from _equal_audio(tests)
    yield from _stopped_by_bound(runs)
    yield from _below_floor(runs, floors)


def _number_of_runs(runs: Iterable[Row]) -> Iterator[Reservation]:
    numbers = sorted({len(rows) for rows in by_system(runs).values()})
    if numbers and numbers != [PAPER_RUNS]:
        span = " to ".join(str(number) for number in dict.fromkeys((numbers[0], numbers[-1])))
        runs_text = "run" if numbers == [1] else "runs"
        yield Reservation(
            f"{span} {runs_text} per system; the paper has {PAPER_RUNS}.",
            "With fewer, intervals are wider." if numbers[-1] < PAPER_RUNS else "",
        )


def _speakers(tests: Iterable[Row]) -> Iterator[Reservation]:
    shares = [_number(row["speaker"]) for row in tests]
    if not shares:
        return
    if all(map(math.isnan, shares)):
        yield Reservation(
            "Speakers are not known.",
            "Whether a system is tested on speakers that it was trained on cannot be said.",
        )
    elif (most := max(share for share in shares if not math.isnan(share))) > 0:
        yield Reservation(
            "Known speakers: systems are tested on speakers that they were trained on.",
            f"In a fold up to {percent(most)} of the test utterances are by such speakers: the "
            "results say nothing about new ones.",
        )


def _equal_audio(tests: Iterable[Row]) -> Iterator[Reservation]:
    shares = {row["fold"]: _number(row["audio"]) for row in tests}
    found = {fold: share for fold, share in shares.items() if share > 0}
    if found:
        fold = max(found, key=lambda fold: found[fold])
        more = f" and in {count(len(found) - 1, 'other fold')}" if len(found) > 1 else ""
        yield Reservation(
            f"Equal audio in training and test: {100 * found[fold]:.2g} % of the test utterances "
            f"of fold {fold}{more}.",
            "The audio features of these utterances are those of a training utterance "
            "(splits/leakage.csv). Keep one utterance of each kind, or keep them together by a "
            "column of groups (splits.by).",
        )


def _stopped_by_bound(runs: Sequence[Row]) -> Iterator[Reservation]:
    stopped = [row for row in runs if str(row.get("stopped_early")) == "False"]
    if stopped:
        systems = [
            f"{system_name(*system)} {len(rows)}" for system, rows in by_system(stopped).items()
        ]
        yield Reservation(
            f"{len(stopped)} of {count(len(runs), 'run')} ended at max_epochs or max_steps, before "
            "early stopping.",
            f"More training might improve them: {_some(systems)}.",
        )


def _below_floor(runs: Iterable[Row], floors: Sequence[Row]) -> Iterator[Reservation]:
    below = []
    for (model, modalities), rows in by_system(runs).items():
        reached = _mean(row["balanced_accuracy"] for row in rows)
        known = [row for row in floors if row["modalities"] in ("", modalities)]
        names = dict.fromkeys(row["floor"] for row in known)
        floor = max(
            (_mean(r["balanced_accuracy"] for r in known if r["floor"] == name) for name in names),
            default=-math.inf,
        )
        if reached <= floor:
            name = system_name(model, modalities)
            below.append(f"{name} {number_cell(reached)} against {number_cell(floor)}")
    if below:
        yield Reservation(
            f"Not above a floor: {count(len(below), 'system')}.",
            "In mean balanced accuracy they do not exceed a classifier that sees only the "
            f"frequency of the classes, or the lengths of the sequences: {_some(below)}.",
        )


def by_system(rows: Iterable[Row]) -> dict[System, list[Row]]:
    """{(model, modalities): its rows}"""
    groups: dict[System, list[Row]] = {}
    for row in rows:
        groups.setdefault((row["model"], row["modalities"]), []).append(row)
    return groups


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED_SYSTEMS
    return listing([*names[:NAMED_SYSTEMS], *([f"{more} more"] if more > 0 else [])])


def _number(value: Any) -> float:
    return math.nan if value == "" else float(value)


def _mean(values: Iterable[Any]) -> float:
    """As it is printed, to three decimals."""
    numbers = [float(value) for value in values]
    return round(sum(numbers) / len(numbers), 3)
