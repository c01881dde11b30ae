"""The utterance table: its columns, and their values where a corpus does not know them."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from emofusion.corpora.rows import Row
from emofusion.errors import DataError
from emofusion.schemas import NUMBERS, UNKNOWN

REQUIRED_COLUMNS = ("utterance_id", "label")


def complete(table: pd.DataFrame, source: Path) -> pd.DataFrame:
    """An utterance table with every column that the workflow reads.

    Args:
        table: one row per utterance, with at least utterance_id and label (empty: none).
        source: the file that defines the corpus, for messages.

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
            f"{source}: the utterance_id {twice!r} is empty or duplicated; expected one row each"
        )
    absent = {name: value for name, value in UNKNOWN.items() if name not in table}
    return table.assign(**absent)


def configured(table: pd.DataFrame, label_column: str, crop: str) -> pd.DataFrame:
    """The table with the labels and the picture part that the configuration names.

    Args:
        table: a complete utterance table.
        label_column: the column with the labels.
        crop: the part of the picture with the speaker, where the corpus does not name it.

    Raises:
        DataError: it has no such column.
    """
    if label_column not in table:
        raise DataError(f"label_column: no column {label_column}; found {', '.join(table)}")
    sides = table["video_side"].replace("", crop)
    return table.assign(label=table[label_column].astype("str"), video_side=sides)


def from_rows(rows: Sequence[Row]) -> pd.DataFrame:
    """The utterance table of some rows of text, with every column that the workflow reads.

    A row with a video and no recording takes its sound from the video. start and end apply to both
    files, unless the row has audio_start or audio_end, which replace both of them for the sound.
    """
    table = pd.DataFrame(rows).fillna("")
    for name in (name for name in table if NUMBERS.get(name) == "float64"):
        table[name] = table[name].map(lambda text: float(text) if text else math.nan)
    absent = {name: value for name, value in UNKNOWN.items() if name not in table}
    table = table.assign(**absent)
    table["video_side"] = table.get("crop", pd.Series("", table.index))
    table["audio_path"] = table["audio_path"].where(table["audio_path"] != "", table["video_path"])
    unknown = pd.Series(math.nan, table.index)
    own = {name: table.get(f"audio_{name}", unknown) for name in ("start", "end")}
    shared = own["start"].isna() & own["end"].isna()
    return table.assign(
        **{f"audio_{name}": span.where(~shared, table[name]) for name, span in own.items()}
    )
