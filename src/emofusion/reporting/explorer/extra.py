"""What the page shows of the corpus itself: transcripts, the annotators' votes, and ratings."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.errors import DataError
from emofusion.features.store.read import RaggedStore
from emofusion.frames import read_frame
from emofusion.reporting.explorer.media import (
    EMBEDDED_RATE,
    media_folder,
    recording,
    sound_webm,
)

TABLE = Path("corpus", "selected.csv")
TEXT = Path("features", "text.h5")
VOTES = Path("corpus", "ratings.csv")
RATINGS = ["valence", "activation", "dominance"]


def read_selected(results: Path) -> pd.DataFrame:
    """The table of the utterances that the models saw, by utterance id.

    Raises:
        DataError: the workflow has not made it yet.
    """
    path = results / TABLE
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; expected the utterances of a finished run. Run the workflow "
            "first, or name the folder of its results"
        )
    return read_frame(path).set_index("utterance_id", drop=False)


def read_extra(results: Path) -> dict[str, Any]:
    """Corpus data that a licence may forbid in the page; the server sends them separately.

    Kinds of data that the corpus does not have are left out.

    Args:
        results: the folder that the workflow made.

    Returns:
        As `read_texts`, and media: true, since utterances can be played.

    Raises:
        DataError: no utterance table.
    """
    return read_texts(results, read_selected(results)) | {"media": True}


def read_texts(results: Path, table: pd.DataFrame) -> dict[str, Any]:
    """What the corpus says of some utterances; a kind that it does not have is left out.

    Args:
        results: the folder that the workflow made.
        table: rows of the utterance table.

    Returns:
        transcripts: {utterance: text}; words: {utterance: [word]} as the models read them;
        ratings: {utterance: {valence, activation, dominance}}; votes: {utterance: {annotator:
        labels}}.
    """
    found = {
        "transcripts": table["transcript"].to_dict() if "transcript" in table else {},
        "words": _words(results / TEXT, table.index),
        "votes": read_votes(results / VOTES, table.index),
        "ratings": _ratings(table),
    }
    return {kind: values for kind, values in found.items() if values}


def read_embedded(
    results: Path, corpus: Path, utterances: Iterable[str], *, audio: bool
) -> dict[str, Any]:
    """Corpus data to embed in a page that is opened without a server.

    Args:
        results: the folder that the workflow made.
        corpus: the corpus that it read.
        utterances: ids of those that the page shows.
        audio: whether to add their sound, {utterance: data URL of a WebM file}.

    Raises:
        DataError: no utterance table, or sound that cannot be read.
    """
    table = read_selected(results).loc[list(utterances)]
    found = read_texts(results, table)
    if audio:
        folder = media_folder(corpus)
        sounds = {name: sound_webm(recording(row, folder)) for name, row in table.iterrows()}
        found["audio"] = {
            name: f"data:audio/webm;base64,{base64.b64encode(sound).decode()}"
            for name, sound in sounds.items()
            if sound
        }
    return found


def embedded_bytes(results: Path, utterances: Iterable[str], *, audio: bool) -> int:
    """About how many bytes `read_embedded` adds to a page.

    Raises:
        DataError: no utterance table, or, with audio, one without their start and end.
    """
    table = read_selected(results).loc[list(utterances)]
    size = len(json.dumps(read_texts(results, table)))
    if audio:
        if not {"start", "end"} <= set(table):
            raise DataError(
                f"{results / TABLE}: no columns start and end; embed the page without audio"
            )
        seconds = (table["end"] - table["start"]).sum()
        size += round(seconds * EMBEDDED_RATE / 8 * 4 / 3)
    return size


def read_votes(path: Path, utterances: Iterable[str]) -> dict[str, dict[str, str]]:
    """The labels that each annotator gave, {utterance: {annotator: "ang, fru"}}.

    Args:
        path: corpus/ratings.csv; it is not there for a corpus without raters.
        utterances: ids of those that are wanted.
    """
    if not path.is_file():
        return {}
    table = read_frame(path)
    table = table[table["utterance_id"].isin(set(utterances)) & (table["label"] != "")]
    votes: dict[str, dict[str, str]] = {}
    for row in table.itertuples(index=False):
        votes.setdefault(row.utterance_id, {})[row.annotator] = row.label.replace(";", ", ")
    return votes


def _words(path: Path, utterances: Iterable[str]) -> dict[str, list[str]]:
    """Words from a feature file; empty for prepared folds, which have numbers instead."""
    if not path.is_file():
        return {}
    store = RaggedStore(path)
    if "tokenizer" not in store.attributes:
        return {}
    return {name: [store.words[row] for row in store.tokens(name)] for name in utterances}


def _ratings(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Ratings of the utterances that have all three."""
    if not set(RATINGS) <= set(table):
        return {}
    return table[RATINGS].dropna().to_dict("index")
