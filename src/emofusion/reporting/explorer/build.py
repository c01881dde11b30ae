"""Build the data of the results page from the files of the results."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.corpora import corpus_title
from emofusion.evaluation.verdicts import read_verdicts
from emofusion.frames import read_frame
from emofusion.reporting import closing
from emofusion.reporting.explorer import data
from emofusion.reporting.inputs import read_results
from emofusion.reporting.report.summary import answer
from emofusion.reporting.tables.results import PAPER_RUNS, Results
from emofusion.reporting.tables.table1 import table1
from emofusion.reporting.tables.table2 import table2
from emofusion.wording import count


def results_data(
    files: Mapping[str, Any],
    *,
    results: Mapping[str, Any],
    metrics: Sequence[str],
    tests: Mapping[str, str],
    first_table: Mapping[str, Any],
    second_table: Mapping[str, Any],
) -> dict[str, Any]:
    """What the page holds of the results.

    Args:
        files: `predictions` of all runs, `runs`, `summary`, `floors`, `missing`, `selected`,
            `verdicts`, `comparisons` and, where weights were kept, `attention` by name.
        results: other attributes of `Results`.
        metrics: names of all metrics.
        tests: {name: title} of all tests, in their order.
        first_table, second_table: settings of Table 1 and Table 2; empty if there is none.
    """
    given = read_results(files, **results)
    scores = pd.read_csv(files["runs"])
    verdicts = read_verdicts(Path(files["verdicts"]))
    comparisons = pd.read_csv(files["comparisons"], dtype={"modalities": str})
    about = {
        "headline": closing.short_answer(Path(files["verdicts"])),
        "answer": answer(verdicts),
        "reservations": list(_reservations(given)),
        "pair": _pair(scores),
        "names": data.names(verdicts),
        "tests": tests,
        "made": f"Made by emofusion from runs on {corpus_title(given.source)}",
    }
    tables = []
    if first_table:
        cells = data.table1_systems(scores, first_table["models"], first_table["modalities"])
        tables.append(data.linked(table1(given, comparisons, **first_table), cells))
    if second_table:
        cells = data.table2_systems(scores, second_table["table2_systems"])
        tables.append(data.linked(table2(given, **second_table), cells))
    return data.page_data(
        about,
        tables,
        scores,
        [Path(path).parent for path in files["predictions"]],
        read_frame(Path(files["selected"])),
        verdicts,
        comparisons,
        metrics,
        json.loads(Path(files["attention"]).read_text("utf-8")) if files["attention"] else [],
    )


def _pair(scores: pd.DataFrame) -> list[str]:
    """Self and cross on the widest modality set that both were run on; else the first systems."""
    systems = list(dict.fromkeys(scores["model"] + "/" + scores["modalities"]))
    sets = dict.fromkeys(scores["modalities"])
    for modalities in sorted(sets, key=len, reverse=True):
        pair = [f"{model}/{modalities}" for model in ("self", "cross")]
        if set(pair) <= set(systems):
            return pair
    return (systems * 2)[:2]


def _reservations(results: Results) -> Iterator[tuple[str, str]]:
    """What a reader must keep in mind: a sentence, and details."""
    if results.source == "synthetic":
        yield (
            "Synthetic corpus: the numbers show that the pipeline works. They say nothing about "
            "people, and nothing about the paper's claim.",
            "",
        )
    if results.unlike_paper:
        yield (
            "Not the paper's protocol: settings differ.",
            f"With the paper's values in brackets: {'; '.join(results.unlike_paper)}.",
        )
    if results.runs != PAPER_RUNS:
        yield f"{count(results.runs, 'run')} per system; the paper has {PAPER_RUNS}.", ""
    if len(results.missing):
        yield (
            f"{count(len(results.missing), 'configured run')} missing.",
            "See metrics/missing.csv.",
        )
