"""What the page shows of the corpus itself: transcripts, the annotators' votes, and ratings."""

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.corpora.iemocap.release import LABEL_FOLDER, release_root, session_numbers, texts
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
RATINGS = ["valence", "activation", "dominance"]
UTTERANCE_LINE = re.compile(r"\[[^]]*\]\s+(\S+)\s")
VOTE_LINE = re.compile(r"C-(\w+):([^(]*)")  # a comment in brackets follows


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


def read_extra(results: Path, corpus: Path) -> dict[str, Any]:
    """Corpus data that a licence may forbid in the page; the server sends them separately.

    Kinds of data that the corpus does not have are left out.

    Args:
        results: the folder that the workflow made.
        corpus: the corpus that it read.

    Returns:
        As `read_texts`, and media: true, since utterances can be played.

    Raises:
        DataError: no utterance table.
    """
    return read_texts(results, corpus, read_selected(results)) | {"media": True}


def read_texts(results: Path, corpus: Path, table: pd.DataFrame) -> dict[str, Any]:
    """What the corpus says of some utterances; a kind that it does not have is left out.

    Args:
        results: the folder that the workflow made.
        corpus: the corpus that it read.
        table: rows of the utterance table.

    Returns:
        transcripts: {utterance: text}; words: {utterance: [word]} as the models read them;
        ratings: {utterance: {valence, activation, dominance}}; votes: {utterance: {annotator:
        label}}.
    """
    found = {
        "transcripts": table["transcript"].to_dict() if "transcript" in table else {},
        "words": _words(results / TEXT, table.index),
        "votes": read_votes(corpus, table.index),
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
    found = read_texts(results, corpus, table)
    if audio:
        folder = media_folder(corpus)
        sounds = {name: sound_webm(recording(row, folder)) for name, row in table.iterrows()}
        found["audio"] = {
            name: f"data:audio/webm;base64,{base64.b64encode(sound).decode()}"
            for name, sound in sounds.items()
            if sound
        }
    return found


def embedded_bytes(results: Path, corpus: Path, utterances: Iterable[str], *, audio: bool) -> int:
    """About how many bytes `read_embedded` adds to a page.

    Raises:
        DataError: no utterance table, or, with audio, one without their start and end.
    """
    table = read_selected(results).loc[list(utterances)]
    size = len(json.dumps(read_texts(results, corpus, table)))
    if audio:
        if not {"start", "end"} <= set(table):
            raise DataError(
                f"{results / TABLE}: no columns start and end; embed the page without audio"
            )
        seconds = (table["end"] - table["start"]).sum()
        size += round(seconds * EMBEDDED_RATE / 8 * 4 / 3)
    return size


def read_votes(corpus: Path, utterances: Iterable[str]) -> dict[str, dict[str, str]]:
    """The label that each annotator gave, by utterance; empty unless it is an IEMOCAP release.

    Args:
        corpus: the folder with the sessions, or the one that holds it.
        utterances: ids of those that are wanted.
    """
    try:
        root = release_root(corpus)
    except DataError:
        return {}
    wanted = set(utterances)
    votes: dict[str, Any] = {}
    for session in session_numbers(root):
        for path in texts(root / f"Session{session}" / LABEL_FOLDER).values():
            if path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                votes |= {key: said for key, said in parse_votes(text).items() if key in wanted}
    return votes


def parse_votes(text: str) -> dict[str, dict[str, str]]:
    """Votes in a label file of IEMOCAP: {utterance: {annotator: label}}.

    Lines such as `C-E1: Neutral; ()` follow the line of their utterance. Several labels of
    one annotator are joined: "Anger, Frustration".
    """
    votes: dict[str, dict[str, str]] = {}
    utterance = ""
    for line in text.splitlines():
        if named := UTTERANCE_LINE.match(line):
            utterance = named[1]
        elif utterance and (vote := VOTE_LINE.match(line)):
            labels = [label.strip() for label in vote[2].split(";") if label.strip()]
            if labels:
                votes.setdefault(utterance, {})[vote[1]] = ", ".join(labels)
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
