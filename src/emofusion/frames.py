"""Tables as CSV files."""

from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.files import replacing
from emofusion.schemas import NUMBERS


def read_frame(path: Path) -> pd.DataFrame:
    """Read a table of utterances as it was written: "NA" is a word, an empty cell is empty text."""
    header = pd.read_csv(path, nrows=0).columns
    table = pd.read_csv(
        path,
        dtype={name: NUMBERS.get(name, "str") for name in header},
        keep_default_na=False,
        na_values={name: [""] for name in header if NUMBERS.get(name) == "float64"},
    )
    if "session" in table and table["session"].str.fullmatch(r"\d+").all():
        table["session"] = table["session"].astype("int64")  # a corpus may name them instead
    return table


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, for functions that do without pandas."""
    return [dict(row) for row in table.to_dict("records")]  # type: ignore[arg-type]


def write_frame(table: pd.DataFrame, path: str | Path, **form: Any) -> None:
    """Write a table, whole or not at all; `form` is for pandas.DataFrame.to_csv."""
    with replacing(Path(path)) as beside:
        table.to_csv(beside, index=False, **form)
