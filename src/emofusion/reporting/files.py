"""From the files of the metrics to the files of a table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.files import replacing
from emofusion.reporting.layout import Table, renderings
from emofusion.reporting.tables import Results


def read_results(files: Mapping[str, str], **about: Any) -> Results:
    """The results that tables are made from.

    Args:
        files: `summary`, `floors` and `missing` by name.
        about: the other attributes of `Results`.
    """
    return Results(
        summary=pd.read_csv(files["summary"]),
        floors=pd.read_csv(files["floors"], keep_default_na=False),
        missing=pd.read_csv(files["missing"]),
        **about,
    )


def write_table(table: Table, files: Mapping[str, str]) -> None:
    """Write a table in all its renderings, to the file of each kind."""
    for kind, content in renderings(table).items():
        with replacing(Path(files[kind])) as path:
            path.write_text(content, encoding="utf-8")
