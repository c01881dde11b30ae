"""The utterance table: its columns, and their values where a corpus does not know them."""

from pathlib import Path

import pandas as pd

from emofusion.errors import DataError
from emofusion.schemas import UNKNOWN

REQUIRED_COLUMNS = ("utterance_id", "label")
DEFAULTS = UNKNOWN | {"video_side": "whole"}
"""{column: its value where the corpus has none}"""


def complete(table: pd.DataFrame, source: Path) -> pd.DataFrame:
    """An utterance table with every column that the workflow reads.

    Args:
        table: one row per utterance, with at least utterance_id and label (empty: none).
        source: the file that read it, for messages.

    Raises:
        DataError: a column that is needed is missing, or an id that is empty or there twice.
    """
    if missing := [name for name in REQUIRED_COLUMNS if name not in table]:
        raise DataError(
            f"{source}: its table of utterances lacks {', '.join(missing)}; found "
            f"{', '.join(table) or 'no column'}"
        )
    ids = table["utterance_id"].astype("str")
    if (ids == "").any() or ids.duplicated().any():
        twice = ids[(ids == "") | ids.duplicated()].iloc[0]
        raise DataError(
            f"{source}: the utterance_id {twice!r} is empty or there twice; expected one row each"
        )
    absent = {name: value for name, value in DEFAULTS.items() if name not in table}
    return table.assign(**absent)
