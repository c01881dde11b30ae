"""What tables and figures are given: from files of the results to frames, by name."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.evaluation.metrics import read_predictions
from emofusion.evaluation.verdicts import read_verdicts
from emofusion.frames import read_frame, rows_of
from emofusion.reporting.tables.results import Results
from emofusion.runs import RunKey

OF_RESULTS = ("summary", "floors", "missing", "humans")


def read_inputs(
    files: Mapping[str, Any],
    *,
    runs: Sequence[RunKey] = (),
    about: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Read what a table or figure says it reads.

    Args:
        files: {name: file or files}; `Plan.files_of` has the names.
        runs: keys of the runs whose `predictions` or `histories` are among the files.
        about: other attributes of `Results`.

    Returns:
        {name: frame}; `splits` is a list of frames, `predictions` (of the test partition) and
        `histories` are lists of (key, frame); `summary`, `floors`, `missing` and `humans` are
        joined as `results`.
    """
    given: dict[str, Any] = {
        name: _read(name, found, runs) for name, found in files.items() if name not in OF_RESULTS
    }
    if "summary" in files:
        given["results"] = read_results(files, **(about or {}))
    return given


def read_results(files: Mapping[str, str], **about: Any) -> Results:
    """The results that tables are made from.

    Args:
        files: `summary`, `floors`, `missing` and, of a corpus with raters, `humans` by name.
        about: the other attributes of `Results`.
    """
    return Results(
        summary=pd.read_csv(files["summary"]),
        floors=pd.read_csv(files["floors"], keep_default_na=False),
        missing=pd.read_csv(files["missing"]),
        humans=rows_of(pd.read_csv(files["humans"])) if files.get("humans") else (),
        **about,
    )


def _read(name: str, found: str | Iterable[str], runs: Sequence[RunKey]) -> Any:
    if not isinstance(found, str):
        paths = [Path(path) for path in found]
        if name == "splits":
            return [pd.read_csv(path) for path in paths]
        read = read_predictions if name == "predictions" else pd.read_csv
        return [(key, read(path)) for key, path in zip(runs, paths, strict=True)]
    if name in ("verdicts", "claims"):
        return read_verdicts(Path(found))
    if name in ("selected", "exclusions"):
        return read_frame(Path(found))
    return pd.read_csv(found, dtype={"modalities": str})
