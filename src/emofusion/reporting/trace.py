"""From a table's cell to the runs behind it."""

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.evaluation.metrics import METRICS, PRINTED, read_predictions, score
from emofusion.modalities import MODALITY_SETS
from emofusion.reporting.tables.table1 import COLUMN_NAMES
from emofusion.runs import PREDICTIONS, RUN, RUN_KEYS, job_logs, read_record
from emofusion.wording import modality_name, model_name, system_name

TABLE_TITLES = {"table1": "Table 1", "table2": "Table 2"}
SCORES = "metrics/runs.csv"
"""The file that every results folder has."""
SHORT = 12
"""Digits of a hash that are shown."""

Differences = dict[str, dict[str, list[str]]]
"""{what: {value: runs that have it}}"""


@dataclass(frozen=True)
class Trace:
    """The runs behind a cell, as rows to print."""

    title: str
    cell: list[tuple[str, str, str]]  # metric as printed, metric in the files, mean ± deviation
    runs: list[tuple[str, ...]]
    shared: list[tuple[str, str]]
    differing: Differences
    remark: str


RUN_COLUMNS = ("fold", "seed", *PRINTED.values(), "best epoch", "config", "run", "log")


def trace(results: Path, table: str, model: str, modalities: str) -> Trace:
    """Find the runs behind a cell.

    Args:
        results: folder of the results.
        table: table1 or table2.
        model, modalities: as in the configuration (`self`, `tva`) or as printed (Self, T+V+A).

    Raises:
        DataError: a file is missing, or a name is unknown (names the near ones).
    """
    if table not in TABLE_TITLES:
        raise DataError(
            f"{table} is not a table with runs behind its cells; {_near(table, TABLE_TITLES)}"
        )
    scores, summary = (_read(results / f"metrics/{name}.csv") for name in ("runs", "summary"))
    system = find_system(scores, table, model, modalities)
    own = scores[(scores["model"] == system[0]) & (scores["modalities"] == system[1])]
    rows = own.to_dict("records")
    folders = [results / RUN.format_map(row) for row in rows]
    records = [read_record(folder) for folder in folders]
    cell = list(_cell(summary, system))
    remarks = [
        _remark(results / f"tables/{table}.txt", [value for *_, value in cell]),
        *_changed(rows, folders),
        *_not_counted(results / "runs" / "/".join(system), folders),
    ]
    return Trace(
        title=f"{TABLE_TITLES[table]}, {system_name(*system)} ({' '.join(system)}): "
        f"{len(own)} runs",
        cell=cell,
        runs=[
            (
                str(row["fold"]),
                str(row["seed"]),
                *(f"{row[metric]:.4f}" for metric in PRINTED),
                f"{row['best_epoch']:g}",
                _hash((folder / "config.yaml").read_bytes()),
                str(folder),
                " ".join(map(str, logs_of(results, row))) or "(no log)",
            )
            for row, folder in zip(rows, folders, strict=True)
        ],
        shared=_shared(records),
        differing=differences(records),
        remark="\n".join(filter(None, remarks)),
    )


def find_results(configured: Path) -> Path:
    """The results folder to read: the configured one, else the only one nearby.

    Args:
        configured: the folder that the configuration names; taken if it holds results.

    Raises:
        DataError: there are no results, or several (all are named).
    """
    if (configured / SCORES).is_file():
        return configured
    found = results_near(configured)
    if not found:
        raise DataError(
            f"no results here: expected {configured / SCORES}, or a folder below this one with "
            f"{SCORES}. Run this command where the workflow ran, or name its results with --results"
        )
    if len(found) > 1:
        raise DataError(
            f"{configured}: no results here; there are results in {', '.join(map(str, found))}. "
            "Choose one with --results"
        )
    return found[0]


def results_near(folder: Path) -> list[Path]:
    """Results folders at most two levels below the working folder or another folder."""
    patterns = (SCORES, f"*/{SCORES}", f"*/*/{SCORES}")
    files = {path for start in (Path(), folder) for p in patterns for path in start.glob(p)}
    return sorted({path.parents[1] for path in files})


def logs_of(results: Path, run: Mapping[str, Any]) -> list[Path]:
    """Logs of the jobs that trained a run."""
    logs = job_logs(results, (run["model"], run["modalities"]), run["fold"])
    return [log for log, seeds in logs.items() if run["seed"] in seeds]


def differences(records: Iterable[Mapping[str, Any]]) -> Differences:
    """What differs between runs of a system besides fold and seed: code, settings, data, machine.

    Each fold has its own split, so that splits are compared within a fold.
    """
    found: Differences = {}
    for record in records:
        run = f"fold {record['fold']} seed {record['seed']}"
        for aspect, value in _made_from(record):
            found.setdefault(aspect, {}).setdefault(value, []).append(run)
    return {aspect: values for aspect, values in found.items() if len(values) > 1}


def find_system(scores: pd.DataFrame, table: str, model: str, modalities: str) -> tuple[str, str]:
    """(model, modalities) of the runs, from names in the configuration's or the printed form.

    In Table 1, MHA is in the column of AMH.

    Raises:
        DataError: no runs of that name; names the near ones.
    """
    letters = modalities.lower().replace("+", "")
    sets = list(dict.fromkeys([*scores["modalities"], *MODALITY_SETS]))
    chosen = next((s for s in sets if sorted(s) == sorted(letters)), None)
    if chosen is None:
        printed = [modality_name(s) for s in sets]
        raise DataError(f"{modalities} is not a set of modalities; {_near(modalities, printed)}")
    known = list(dict.fromkeys(scores["model"]))
    names = {name: {name, model_name(name).casefold()} for name in known}
    if table == "table1":
        names = {
            name: own | {COLUMN_NAMES.get(name, name).casefold()} for name, own in names.items()
        }
    meant = [name for name in known if model.casefold() in names[name]]
    if not meant:
        raise DataError(f"{model} is not a model with runs here; {_near(model, known)}")
    run = scores.loc[scores["model"].isin(meant), ["model", "modalities"]].drop_duplicates()
    fitting = run.loc[run["modalities"] == chosen, "model"].tolist()
    if not fitting:
        others = ", ".join(modality_name(s) for s in dict.fromkeys(run["modalities"]))
        raise DataError(f"{model} has no runs on {modality_name(chosen)}; it has some on {others}")
    if table == "table2" and chosen != max(run["modalities"], key=len):
        raise DataError(
            f"Table 2 has {model} only on its largest set, not on {modality_name(chosen)}; "
            "did you mean table1?"
        )
    return fitting[0], chosen


def _cell(summary: pd.DataFrame, system: tuple[str, str]) -> Iterator[tuple[str, str, str]]:
    own = summary[(summary["model"] == system[0]) & (summary["modalities"] == system[1])]
    for metric, printed in PRINTED.items():
        for row in own[own["metric"] == metric].itertuples():
            deviation = "" if pd.isna(row.std) else f" ± {row.std:.3f}"
            yield printed, metric, f"{row.mean:.3f}{deviation}"


def _remark(table: Path, values: Sequence[str]) -> str:
    """Empty if the table prints the means; else a sentence that it does not."""
    means = [value.split()[0].removeprefix("0") for value in values]
    text = table.read_text(encoding="utf-8") if table.is_file() else ""
    if all(mean in text for mean in means):
        return ""
    return f"{table} does not print these means: no such cell, or other runs; make it again"


def _changed(rows: Sequence[Mapping[str, Any]], folders: Sequence[Path]) -> Iterator[str]:
    """A sentence on the runs whose predictions no longer give the numbers of the table."""
    changed = []
    for row, folder in zip(rows, folders, strict=True):
        now = score(read_predictions(folder / PREDICTIONS))
        known = [metric for metric in METRICS if metric in row]
        if not np.allclose([row[m] for m in known], [now[m] for m in known], rtol=1e-9):
            values = ", ".join(f"{name} {now[m]:.4f}" for m, name in PRINTED.items())
            changed.append(f"fold {row['fold']} seed {row['seed']} (now {values})")
    if changed:
        yield (
            f"Trained again since the table was made: {'; '.join(changed)}. The numbers shown "
            "above are the table's; run the workflow with its configuration to make both agree"
        )


def _not_counted(runs: Path, counted: Sequence[Path]) -> Iterator[str]:
    """A sentence on the finished runs of a system that the table leaves out."""
    there = {path.parent for path in runs.glob("*/predictions.csv")} - set(counted)
    if there:
        yield f"Runs that the table does not count: {', '.join(sorted(p.name for p in there))}"


def _made_from(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a run was made from, as pairs of text such as ("training.batch_size", "32")."""
    yield f"split of fold {record['fold']}", record["split"]
    apart = (*RUN_KEYS, "split", "job_seeds")  # which seeds share a job decides nothing
    yield from _flat({k: v for k, v in record.items() if k not in apart})


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, str(value)


def _shared(records: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What all runs have in common: hashes, the settings under one hash, the machine."""
    pairs = dict(pair for record in records for pair in _made_from(record))
    for aspect in differences(records):
        del pairs[aspect]
    hashes = [
        (aspect, value[:SHORT])
        for aspect, value in pairs.items()
        if aspect == "code" or aspect.startswith(("features.", "split of "))
    ]
    machine = {w: v for w, v in pairs.items() if w.startswith("machine.")}
    listed = {*dict(hashes), *machine}
    settings = {aspect: value for aspect, value in pairs.items() if aspect not in listed}
    text = json.dumps(settings, sort_keys=True)
    return [
        *hashes,
        (f"settings ({len(settings)} keys)", _hash(text.encode())),
        *((aspect, value) for aspect, value in machine.items()),
    ]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:SHORT]


def _near(name: str, known: Iterable[str]) -> str:
    known = {model.casefold(): model for model in known}
    found = difflib.get_close_matches(name.casefold(), known, n=3)
    near = ", ".join(known[match] for match in found)
    return f"did you mean {near}?" if near else f"known are {', '.join(known.values())}"


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        near = ", ".join(map(str, results_near(path.parents[1])))
        raise DataError(
            f"{path}: there is no such file; expected the metrics of a finished workflow. Run it, "
            "or name the folder of the results with --results"
            + (f" (results are in {near})" if near else "")
        )
    return pd.read_csv(path)
