"""Build the data of the results page from the files of the results."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.corpora import corpus_title
from emofusion.evaluation.verdicts import read_verdicts
from emofusion.frames import read_frame, rows_of
from emofusion.reporting import closing
from emofusion.reporting.explorer import data
from emofusion.reporting.inputs import read_results
from emofusion.reporting.question import question
from emofusion.reporting.report.summary import answer, of_main_pair
from emofusion.reporting.reservations import reservations
from emofusion.reporting.tables.table1 import table1
from emofusion.reporting.tables.table2 import table2

PAIR_KEYS = ["model_a", "model_b", "modalities", "metric"]


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
        files: `predictions` of all runs, `runs`, `summary`, `floors`, `missing`, `leakage`,
            `selected`, `verdicts`, `comparisons`, `new_speakers` and, where weights were kept,
            `attention` by name.
        results: other attributes of `Results`.
        metrics: names of all metrics.
        tests: {name: title} of all tests, in their order.
        first_table, second_table: settings of Table 1 and Table 2; empty if there is none.
    """
    given = read_results(files, **results)
    scores = pd.read_csv(files["runs"])
    verdicts = read_verdicts(Path(files["verdicts"]))
    comparisons = pd.read_csv(files["comparisons"], dtype={"modalities": str})
    selected = read_frame(Path(files["selected"]))
    found = reservations(
        results,
        runs=rows_of(scores),
        floors=rows_of(given.floors),
        leakage=rows_of(pd.read_csv(files["leakage"])),
        missing=len(given.missing),
    )
    about = {
        "headline": closing.short_answer(Path(files["verdicts"])),
        "answer": answer(verdicts),
        "reservations": list(found),
        "question": question(scores[["model", "modalities"]].itertuples(index=False, name=None)),
        "pair": _pair(scores, verdicts),
        "names": data.names(verdicts),
        "tests": tests,
        "transcribed": bool((selected["transcript"] != "").any()),
        "made": f"Made by emofusion from runs on {corpus_title(given.source)}",
    }
    tables = []
    if first_table:
        cells = data.table1_systems(scores, first_table["models"], first_table["modalities"])
        tables.append(data.linked(table1(given, comparisons, **first_table), cells))
    if second_table:
        cells = data.table2_systems(scores, second_table["table2_systems"])
        tables.append(data.linked(table2(given, **second_table), cells))
    people = pd.read_csv(files["new_speakers"], dtype={"modalities": str})
    verdicts = verdicts.merge(people[[*PAIR_KEYS, "new_low", "new_high", "p_within"]], "left")
    return data.page_data(
        about,
        tables,
        scores,
        [Path(path).parent for path in files["predictions"]],
        selected,
        verdicts,
        comparisons,
        metrics,
        json.loads(Path(files["attention"]).read_text("utf-8")) if files["attention"] else [],
    )


def _pair(scores: pd.DataFrame, verdicts: pd.DataFrame) -> list[str]:
    """The main pair on its widest modality set; else the first systems."""
    systems = list(dict.fromkeys(scores["model"] + "/" + scores["modalities"]))
    own = of_main_pair(verdicts)
    if own.empty:
        return (systems * 2)[:2]
    row = own.loc[own["modalities"].str.len().idxmax()]
    return [f"{row[name]}/{row['modalities']}" for name in ("model_a", "model_b")]
