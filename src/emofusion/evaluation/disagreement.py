"""Utterances that one system gets right and another wrong."""

from pathlib import Path

import pandas as pd

from emofusion.errors import DataError
from emofusion.evaluation.metrics import read_predictions
from emofusion.evaluation.results import require_file
from emofusion.frames import read_frame
from emofusion.runs import PREDICTIONS, run_file

RUNS_FILE = "metrics/runs.csv"
RIGHT = 0.5
"""An utterance counts as right if more than this share of the runs recognise it."""


def disagreement(results: Path, a: str, b: str) -> pd.DataFrame:
    """Test utterances that one of two systems gets right and the other wrong.

    Args:
        results: folder of the results.
        a: a system as model/modalities, such as self/tva.
        b: another one.

    Returns:
        One row per utterance, the largest difference first: utterance_id, label, runs_a and runs_b
        (number of runs that tested it), right_a and right_b (share of them that recognise it), p_a
        and p_b (mean probability of the true class), transcript (empty where the corpus has none).

    Raises:
        DataError: no results, a system without runs, or no utterance that both have tested.
    """
    runs = _read_runs(results)
    first, second = (_by_utterance(results, runs, system) for system in (a, b))
    both = first.add_suffix("_a").join(second.add_suffix("_b"), how="inner")
    if both.empty:
        raise DataError(
            f"{results}: {a} and {b} have no test utterance in common; choose systems that were "
            "run on the same folds"
        )
    table = both[(both["right_a"] > RIGHT) != (both["right_b"] > RIGHT)].reset_index()
    table["transcript"] = table["utterance_id"].map(_transcripts(results)).fillna("")
    distance = (table["right_a"] - table["right_b"]).abs()
    order = distance.sort_values(ascending=False, kind="stable").index
    names = ["runs", "right", "p"]
    columns = [f"{name}_{system}" for name in names for system in "ab"]
    return table.loc[order, ["utterance_id", "label", *columns, "transcript"]].reset_index(
        drop=True
    )


def _read_runs(results: Path) -> pd.DataFrame:
    return pd.read_csv(
        require_file(results / RUNS_FILE), usecols=["model", "modalities", "fold", "seed"]
    )


def _by_utterance(results: Path, runs: pd.DataFrame, system: str) -> pd.DataFrame:
    names = runs["model"] + "/" + runs["modalities"]
    own = runs[names == system]
    if own.empty:
        raise DataError(
            f"{system}: no such system in {results / RUNS_FILE}; expected one of "
            f"{', '.join(names.unique())}"
        )
    files = [results / run_file(run, PREDICTIONS) for run in own.to_dict("records")]
    table = pd.concat(map(read_predictions, files), ignore_index=True)
    table["right"] = (table["predicted"] == table["label"]).astype(float)
    classes = [name for name in table if name.startswith("p_")]
    place = pd.Index(classes).get_indexer("p_" + table["label"])
    table["p"] = table[classes].to_numpy()[range(len(table)), place]
    groups = table.groupby(["utterance_id", "label"])
    return groups.agg(runs=("right", "size"), right=("right", "mean"), p=("p", "mean"))


def _transcripts(results: Path) -> dict[str, str]:
    path = results / "corpus/selected.csv"
    table = read_frame(path) if path.is_file() else pd.DataFrame()
    if "transcript" not in table:
        return {}
    return dict(zip(table["utterance_id"], table["transcript"], strict=True))
