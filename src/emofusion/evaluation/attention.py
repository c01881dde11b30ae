"""Where trained models attend in single utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from emofusion.errors import DataError
from emofusion.features.store.read import RaggedStore
from emofusion.training.trained import load_weights, restore

SHOWN = 2
WORDS = range(5, 11)
"""An utterance of so many words fits on the axis of a figure."""


@dataclass(frozen=True)
class Attended:
    """An utterance and the mean attention over each source's steps.

    Attributes:
        utterance: its id.
        words: all of its words, of which a model reads as many as a source has steps; empty if no
            model reads text.
        weights: {(target, source): [source time]}, each with the sum one.
    """

    utterance: str
    words: list[str]
    weights: dict[tuple[str, str], np.ndarray]


def attend(
    runs: Sequence[Path], features: Mapping[str, Path], split: Path, chosen: Sequence[str]
) -> list[Attended]:
    """Mean attention of some runs on utterances of their test partition.

    Args:
        runs: `weights.pt` of runs of one fold on the same modalities, whose pairs of modalities
            differ.
        features: {modality: feature file}.
        split: table of the fold.
        chosen: ids of the utterances; none: the first two of 5 to 10 words, whatever the models
            say of them.

    Raises:
        DataError: a run without weights, or an utterance outside the test partition.
    """
    stores = {name: RaggedStore(path) for name, path in features.items()}
    ids = _choose(chosen, stores.get("text"), split)
    weights: dict[tuple[str, str], np.ndarray] = {}
    for run in runs:
        network, inputs = restore(load_weights(run), stores)
        with torch.no_grad():
            found = network.attention(inputs.batch(ids))
        weights |= {pair: rows.numpy() for pair, rows in found.items()}
    return [
        Attended(
            utterance,
            _words(stores["text"], utterance) if "text" in stores else [],
            {pair: rows[number] for pair, rows in weights.items()},
        )
        for number, utterance in enumerate(ids)
    ]


def _choose(chosen: Sequence[str], text: RaggedStore | None, split: Path) -> list[str]:
    """The utterances to show."""
    table = pd.read_csv(split)
    tested = list(table.loc[table["partition"] == "test", "utterance_id"])
    outside = [utterance for utterance in chosen if utterance not in tested]
    if outside:
        raise DataError(
            f"figures.attention: {outside[0]} is not in the test partition of {split}; choose "
            "utterances of it, or none"
        )
    suited = [i for i in tested if text is not None and text.length(i) in WORDS]
    return list(chosen) or (suited + [i for i in tested if i not in suited])[:SHOWN]


def _words(text: RaggedStore, utterance: str) -> list[str]:
    """Words of an utterance; their positions where the file does not know them."""
    if "tokenizer" in text.attributes:  # prepared folds have numbers in place of words
        return [text.words[row] for row in text.tokens(utterance)]
    return [str(position) for position in range(1, text.length(utterance) + 1)]
