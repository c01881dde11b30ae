"""Results in the page: ids, labels, predictions, tests; no transcripts."""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.evaluation.metrics import NAMING_NOTE, PRINTED, classes_in, read_predictions
from emofusion.reporting.layout import Cell, Table
from emofusion.reporting.tables.table1 import table1_columns
from emofusion.runs import HISTORY, PREDICTIONS, RUN_KEYS
from emofusion.wording import model_name, system_name

FACTS = ("session", "dialog", "speaker", "gender", "method")
"""Columns of the utterance table by which the page can filter utterances."""

ATTENTION = {
    "self": ("self", "self_nosp"),
    "cross": ("cross", "cross_nosp", "cross_matched"),
}
"""{kind of attention: the models that have only this kind}"""

CURVES = ("epoch", "train_loss", "dev_loss", "dev_accuracy")
COSTS = ("best_epoch", "epochs", "train_seconds", "parameters")
FIRST_CHARACTER = ord("0")  # the character of the first class
LEVELS = 255  # a probability of one


def page_data(
    about: Mapping[str, Any],
    tables: Sequence[Mapping[str, Any]],
    scores: pd.DataFrame,
    folders: Sequence[Path],
    selected: pd.DataFrame,
    verdicts: pd.DataFrame,
    comparisons: pd.DataFrame,
    metrics: Sequence[str],
    attention: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Everything that the page holds, as values for JSON.

    Args:
        about: texts of the first page.
        tables: as `linked` gives them.
        scores: metrics/runs.csv, one row per run.
        folders: the folders of these runs, in the same order.
        selected: table of the utterances; of its columns `FACTS`, start and end are used.
        verdicts: one row per comparison and metric.
        comparisons: one row per comparison, metric and test.
        metrics: names of the metrics of a run.
        attention: as `find_word_attention` gives it.

    Raises:
        DataError: runs with other target classes, or an utterance that the table lacks.
    """
    tested = Tested(folders, selected["utterance_id"].tolist())
    folds = {fold: tested.of_fold(scores, fold) for fold in scores["fold"].unique().tolist()}
    rows = scores.to_dict("records")
    groups = scores.groupby(["model", "modalities"], sort=False).indices
    return {
        "about": {**about, "trap": NAMING_NOTE},
        "metrics": {
            name: PRINTED.get(name, name.replace("_", " "))
            for name in dict.fromkeys([*PRINTED, *metrics])
        },
        "classes": tested.classes,
        "tables": list(tables),
        "folds": {fold: numbers.tolist() for fold, numbers in folds.items()},
        "utterances": _utterances(tested, selected),
        "systems": [
            {
                "id": f"{model}/{modalities}",
                "model": model,
                "modalities": modalities,
                "name": system_name(model, modalities),
                "attention": next((kind for kind in ATTENTION if model in ATTENTION[kind]), ""),
                "runs": [
                    _run(rows[place], tested.runs[place], folds, folders[place], metrics)
                    for place in places
                ],
                "probabilities": {
                    fold: _mean_probabilities(
                        [tested.runs[place] for place in places if rows[place]["fold"] == fold],
                        numbers,
                    )
                    for fold, numbers in folds.items()
                    if any(rows[place]["fold"] == fold for place in places)
                },
            }
            for (model, modalities), places in groups.items()
        ],
        "verdicts": _columns(verdicts),
        "comparisons": _columns(comparisons),
        "attention": [_attention(entry, tested.numbers) for entry in attention],
    }


@dataclass(frozen=True)
class Run:
    """Test predictions of a run: numbers of utterances and of classes, probabilities [n, class]."""

    utterances: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray


class Tested:
    """Predictions of all runs, with a number for each utterance that any was tested on.

    Args:
        folders: the folders of the runs.
        known: ids of all utterances. Those that any run was tested on are numbered in this order;
            the others get no number.

    Attributes:
        classes: in the order of the logits.
        labels: {utterance id: its true class}, in the order of the numbers.
        numbers: {utterance id: its number}.
        runs: in the order of the folders.

    Raises:
        DataError: runs with other target classes, or an utterance that is not known.
    """

    def __init__(self, folders: Iterable[Path], known: Sequence[str]):
        self.classes: list[str] = []
        self.labels: dict[str, str] = {}
        self._places = {name: place for place, name in enumerate(known)}
        runs = [self._read(folder / PREDICTIONS) for folder in folders]
        used = np.unique(np.concatenate([run.utterances for run in runs]))
        ids = [known[place] for place in used]
        self.runs = [replace(run, utterances=np.searchsorted(used, run.utterances)) for run in runs]
        self.labels = {name: self.labels[name] for name in ids}
        self.numbers = {name: number for number, name in enumerate(ids)}

    def of_fold(self, scores: pd.DataFrame, fold: int) -> np.ndarray:
        """Numbers of the utterances that any run of a fold was tested on, in their order."""
        places = np.flatnonzero(scores["fold"] == fold)
        return np.unique(np.concatenate([self.runs[place].utterances for place in places]))

    def _read(self, path: Path) -> Run:
        table = read_predictions(path, dtype={"utterance_id": "str"})
        classes = classes_in(table)
        self.classes = self.classes or classes
        if set(classes) != set(self.classes):
            raise DataError(
                f"{path}: has the classes {', '.join(classes)}, other runs {self._listed()}; "
                "expected the same in all; train the run again"
            )
        ids = table["utterance_id"].tolist()
        if missing := [name for name in ids if name not in self._places]:
            raise DataError(
                f"{path}: was tested on {missing[0]}, which corpus/selected.csv lacks; expected "
                "the table that it was trained on; start the workflow again"
            )
        self.labels |= zip(ids, table["label"].tolist(), strict=True)
        return Run(
            np.array([self._places[name] for name in ids]),
            pd.Index(self.classes).get_indexer(table["predicted"]),
            table[[f"p_{name}" for name in self.classes]].to_numpy(float),
        )

    def _listed(self) -> str:
        return ", ".join(self.classes)


def linked(table: Table, systems: Sequence[Sequence[str | None]]) -> dict[str, Any]:
    """A table, and the system behind each cell.

    Args:
        table: what it says.
        systems: for each row, the system of every cell after the first, None for none.
    """
    return {
        "title": table.title,
        "caption": table.caption,
        "heads": list(table.heads),
        "groups": [[group.name, group.columns] for group in table.groups],
        "rows": [
            [{"text": cell} if isinstance(cell, str) else _cell(cell) for cell in row]
            for row in table.rows
        ],
        "systems": [[None, *row] for row in systems],
        "notes": list(table.notes),
    }


def table1_systems(
    scores: pd.DataFrame, models: Sequence[str], modalities: Sequence[str]
) -> list[list[str | None]]:
    """The systems behind the cells of Table 1, row by row."""
    there = set(zip(scores["model"], scores["modalities"], strict=True))
    return [
        [
            next((f"{model}/{row}" for model in group if (model, row) in there), None)
            for _ in PRINTED
            for group in table1_columns(models).values()
        ]
        for row in modalities
    ]


def table2_systems(
    scores: pd.DataFrame, systems: Sequence[tuple[str, str]]
) -> list[list[str | None]]:
    """The systems behind the cells of Table 2, row by row."""
    there = set(zip(scores["model"], scores["modalities"], strict=True))
    return [
        ["/".join(system) if tuple(system) in there else None for _ in PRINTED]
        for system in systems
    ]


def names(verdicts: pd.DataFrame) -> dict[str, str]:
    """{model: as it is printed} of all comparisons."""
    models = pd.concat([verdicts["model_a"], verdicts["model_b"]]).unique()
    return {name: model_name(name) for name in models}


def _cell(cell: Cell) -> dict[str, Any]:
    return {"text": cell.text, "bold": cell.bold, "mark": cell.mark}


def _utterances(tested: Tested, selected: pd.DataFrame) -> dict[str, Any]:
    """Ids, labels, durations, and for each fact its values and each utterance's value index."""
    ids = list(tested.labels)
    facts = selected.set_index("utterance_id").loc[ids]
    timed = {"start", "end"} <= set(facts) and facts["end"].notna().all()
    return {
        "ids": ids,
        "labels": [tested.classes.index(label) for label in tested.labels.values()],
        "seconds": (facts["end"] - facts["start"]).round(2).tolist() if timed else [],
        "facts": {name: _categories(facts[name]) for name in FACTS if name in facts},
    }


def _categories(values: pd.Series) -> dict[str, Any]:
    codes, found = pd.factorize(values.astype(str), sort=True)
    return {"values": found.tolist(), "codes": codes.tolist()}


def _run(
    row: Mapping[str, Any],
    run: Run,
    folds: Mapping[int, np.ndarray],
    folder: Path,
    metrics: Sequence[str],
) -> dict[str, Any]:
    numbers = folds[row["fold"]]
    characters = np.full(len(numbers), " ")
    characters[np.searchsorted(numbers, run.utterances)] = [
        chr(FIRST_CHARACTER + code) for code in run.predicted
    ]
    history = pd.read_csv(folder / HISTORY, usecols=list(CURVES))
    return {
        **{name: _plain(row[name]) for name in (*RUN_KEYS[2:], *metrics, *COSTS)},
        "predicted": "".join(characters),
        "curves": {name: [_plain(v, 3) for v in history[name].tolist()] for name in CURVES},
    }


def _mean_probabilities(runs: Sequence[Run], numbers: np.ndarray) -> str:
    """Mean over some runs of each class's probability, as bytes [utterance, class] in base64."""
    total = np.zeros((len(numbers), runs[0].probabilities.shape[1]))
    count = np.zeros((len(numbers), 1))
    for run in runs:
        places = np.searchsorted(numbers, run.utterances)
        total[places] += run.probabilities
        count[places] += 1
    return _base64(total / np.maximum(count, 1))


def _attention(entry: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[str, Any]:
    """Numbers of the utterances, and of each the weights of its words, as bytes in base64."""
    weights = sorted((numbers[name], row) for name, row in entry["weights"].items())
    return {
        "name": f"{system_name(entry['model'], entry['modalities'])}, from {entry['target']}",
        "utterances": [number for number, _ in weights],
        "weights": [_base64(np.array(row)) for _, row in weights],
    }


def _base64(shares: np.ndarray) -> str:
    """Numbers from 0 to 1, each scaled to one byte, in base64."""
    return base64.b64encode(np.rint(shares * LEVELS).astype(np.uint8).tobytes()).decode()


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    return {name: [_plain(value) for value in table[name].tolist()] for name in table}


def _plain(value: Any, digits: int = 6) -> Any:
    """A value for JSON: fewer digits, and None for what is missing."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") if math.isfinite(value) else None
    return value
