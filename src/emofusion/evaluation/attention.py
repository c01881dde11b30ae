"""Where trained models attend in single utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from emofusion.errors import DataError
from emofusion.features.store.read import RaggedStore
from emofusion.training.data import Inputs
from emofusion.training.trained import load_weights, restore

BATCH = 16  # attention of audio to itself takes 6 MB an utterance
SHOWN = 2
WORDS = range(5, 11)
"""An utterance of so many words fits on the axis of a figure."""


@dataclass(frozen=True)
class Attended:
    """An utterance and its attention weights, averaged over heads and target steps.

    Attributes:
        utterance: its id.
        words: all of its words; a model reads only the first ones, as many as the text has steps.
            Empty if no model reads text.
        weights: {(target, source): [source time]}, each with the sum one.
    """

    utterance: str
    words: list[str]
    weights: dict[tuple[str, str], np.ndarray]


def find_attention(
    runs: Sequence[tuple[Path, Path]],
    features: Mapping[str, Path],
    chosen: Sequence[str],
    model_files: Sequence[str] = (),
) -> list[Attended]:
    """Attention of each run on utterances of the test partition, averaged over heads and targets.

    Args:
        runs: (`weights.pt`, table of its fold) of runs on the same modalities, whose pairs of
            modalities differ; runs of other folds than the first are ignored.
        features: {modality: feature file}.
        chosen: ids of the utterances; none: the first two of 5 to 10 words, regardless of the
            predictions.
        model_files: files outside the package.

    Raises:
        DataError: a run without weights, or an utterance outside the test partition.
    """
    stores = {name: RaggedStore(path) for name, path in features.items()}
    split = runs[0][1]
    ids = _choose(chosen, stores.get("text"), split)
    weights: dict[tuple[str, str], np.ndarray] = {}
    for run in [weights_file for weights_file, fold in runs if fold == split]:
        network, inputs = restore(load_weights(run), stores, model_files=model_files)
        with torch.no_grad():
            found = _attention(network, inputs, ids)
        weights |= {pair: rows.numpy() for pair, rows in found.items()}
    return [
        Attended(
            utterance,
            _words(stores["text"], utterance) if "text" in stores else [],
            {pair: rows[number] for pair, rows in weights.items()},
        )
        for number, utterance in enumerate(ids)
    ]


def find_word_attention(
    runs: Sequence[tuple[Path, Path]],
    features: Mapping[str, Path],
    model_files: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Attention to each word of every test utterance, averaged over heads and target steps.

    Args:
        runs: (`weights.pt`, table of its fold) of each run.
        features: {modality: feature file}; the runs read all of them.
        model_files: files outside the package.

    Returns:
        For each system and target modality that attends to text: model, modalities, target, and
        weights, {utterance: [word]}. Steps without a word are left out, so that the sum may be
        below one. Empty if the runs read no text.

    Raises:
        DataError: a run without weights.
    """
    if "text" not in features:
        return []
    stores = {name: RaggedStore(path) for name, path in features.items()}
    found: dict[tuple[str, str, str], dict[str, list[float]]] = {}
    for weights, split in runs:
        content = load_weights(weights)
        system = content["record"]["model"], content["record"]["modalities"]
        network, inputs = restore(content, stores, model_files=model_files)
        ids = _tested(split)
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            with torch.no_grad():
                attention = _attention(network, inputs, some)
            for (target, source), rows in attention.items():
                if source == "text":
                    own = found.setdefault((*system, target), {})
                    for name, row in zip(some, rows.tolist(), strict=True):
                        own[name] = row[: stores["text"].length(name)]
    return [
        {"model": model, "modalities": modalities, "target": target, "weights": weights}
        for (model, modalities, target), weights in found.items()
    ]


def _attention(
    network: nn.Module, inputs: Inputs, ids: Sequence[str]
) -> dict[tuple[str, str], torch.Tensor]:
    """{(target, source): [utterance, source time]} of a model that has attention."""
    weights: Any = network.attention
    return weights(inputs.batch(ids))


def _tested(split: Path) -> list[str]:
    table = pd.read_csv(split)
    return list(table.loc[table["partition"] == "test", "utterance_id"])


def _choose(chosen: Sequence[str], text: RaggedStore | None, split: Path) -> list[str]:
    """The utterances to show."""
    tested = _tested(split)
    outside = [utterance for utterance in chosen if utterance not in tested]
    if outside:
        raise DataError(
            f"figures.attention: {outside[0]} is not in the test partition of {split}; choose "
            "utterances of this partition, or set [] to have two chosen"
        )
    suited = [i for i in tested if text is not None and text.length(i) in WORDS]
    return list(chosen) or (suited + [i for i in tested if i not in suited])[:SHOWN]


def _words(text: RaggedStore, utterance: str) -> list[str]:
    """Words of an utterance; their positions if the file does not store the words."""
    if "tokenizer" in text.attributes:  # prepared folds have numbers in place of words
        return [text.words[row] for row in text.tokens(utterance)]
    return [str(position) for position in range(1, text.length(utterance) + 1)]
