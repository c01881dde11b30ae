"""What tables with a row per comparison have in common."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from emofusion.reporting.layout import Table
from emofusion.reporting.tables.results import Results, caption_reservations, notes
from emofusion.wording import model_name, signed, system_name

CLAIMED = ("table1", "table2", "baselines", "controls")
"""Families of comparisons that are printed; of the others, those with one's own models."""


def rows_of_comparisons(
    results: Results, shown: pd.DataFrame, *, caption: str, **content: Any
) -> Table:
    """A table with a row per comparison and metric, with the notes of all such tables."""
    systems = systems_in(shown)
    return Table(
        caption=caption + caption_reservations(results, systems),
        notes=notes(results, list(dict.fromkeys(shown["modalities"])), systems),
        breaks=breaks_in(shown),
        **content,
    )


def shown_in(verdicts: pd.DataFrame, own_models: Sequence[str]) -> pd.DataFrame:
    """The comparisons to print: claims and one's own models; without any of these, all."""
    own = verdicts["model_a"].isin(own_models) | verdicts["model_b"].isin(own_models)
    shown = verdicts[verdicts["family"].isin(CLAIMED) | own]
    return verdicts if shown.empty else shown


def primary_sample(verdicts: pd.DataFrame) -> str:
    """What the samples of the primary test are."""
    return f"a sample being {' or '.join(map(_a, samples_of(verdicts)))}"


def scope(verdicts: pd.DataFrame) -> str:
    """To whom the verdicts apply, as a sentence; empty where speakers are not known."""
    speakers = verdicts["speakers"].max() if len(verdicts) else 0
    if one_partition(verdicts):
        return (
            "There is a single test partition: any verdict is about models trained on its "
            "training partition, and about dialogs or speakers like those of this test partition."
        )
    if not speakers:
        return ""
    if over_speakers(verdicts):
        return (
            f"No test speaker occurs in training: the verdicts are about new speakers, of whom "
            f"{speakers} were tested."
        )
    return (
        "Test speakers, some or all, occur in training: any verdict is "
        f"about {'this one speaker' if speakers == 1 else f'these {speakers} speakers'} and says "
        "nothing about others."
    )


def samples_of(verdicts: pd.DataFrame) -> list[str]:
    """What the samples of the primary tests are: fold, speaker, dialog, utterance."""
    return list(dict.fromkeys(verdicts["sample"])) or ["fold"]


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def one_partition(verdicts: pd.DataFrame) -> bool:
    """Whether verdicts rest on a single test partition."""
    return bool((verdicts["primary"] == "one_partition").any())


def over_speakers(verdicts: pd.DataFrame) -> bool:
    """Whether the samples of the primary test are speakers."""
    return bool((verdicts["primary"] == "paired_speakers").any())


def by_test(comparisons: pd.DataFrame) -> Mapping[tuple[str, ...], Any]:
    """{(*key, test): row} of all tests."""
    return {(*key_of(row), row.test): row for row in comparisons.itertuples(index=False)}


def named(table: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    """Rows with the name of their comparison, which only its first metric has."""
    before = None
    for row in table.itertuples(index=False):
        pair = (row.model_a, row.model_b, row.modalities)
        name = f"{model_name(row.model_a)} – {system_name(row.model_b, row.modalities)}"
        yield ("" if pair == before else name), row
        before = pair


def key_of(row: Any) -> tuple[str, str, str, str]:
    """Key of a comparison and metric."""
    return row.modalities, row.model_a, row.model_b, row.metric


def breaks_in(table: pd.DataFrame) -> list[int]:
    """Rows where another family begins."""
    values = list(table["family"])
    return [n for n in range(1, len(values)) if values[n] != values[n - 1]]


def systems_in(verdicts: pd.DataFrame) -> list[tuple[str, str]]:
    """(model, modalities) of both sides of all comparisons."""
    return [
        (model, row.modalities)
        for row in verdicts.itertuples(index=False)
        for model in (row.model_a, row.model_b)
    ]


def difference_cell(value: float, low: float, high: float) -> str:
    """A difference with its interval, where there is one."""
    return f"{signed(value)} {interval_cell(low, high)}".strip()


def interval_cell(low: float, high: float) -> str:
    """An interval of a difference; empty where there is none."""
    return "" if pd.isna(low) else f"[{signed(low)}, {signed(high)}]"


def level_text(share: float) -> str:
    """A level such as alpha, as 5 % or 0.1 %."""
    return f"{100 * share:g} %"
