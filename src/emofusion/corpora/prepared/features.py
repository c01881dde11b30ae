"""The prepared features as feature files."""

from functools import cache
from pathlib import Path

import pandas as pd

from emofusion.corpora.prepared.arrays import (
    embedding_of,
    read_frames,
    tokens_in,
    valid_frames,
    words_of,
)
from emofusion.corpora.prepared.folds import (
    FRAME_ARRAYS,
    PROSODY_ARRAY,
    array_path,
    fold_folders,
)
from emofusion.errors import DataError
from emofusion.features.store.write import (
    package_versions,
    write_ragged,
    write_tokens,
)


def write_features(selected: pd.DataFrame, root: Path, modality: str, path: Path) -> None:
    """Write one modality of the selected utterances to a feature file, valid frames and words only.

    Numbers are stored as float32. The words are named `w1`, `w2`, ..., because their dictionary is
    a pickle, which is never loaded. Rows are read in the order of `selected`; in the table of
    `read_folds` this is the order of the arrays.

    Args:
        selected: utterances with fold, partition and row, as in the table of `read_folds`.
        root: the prepared folds.
        modality: text, vision, audio, or prosody (one frame per utterance).
        path: the feature file to write.

    Raises:
        DataError: a malformed file, folds with different word vectors, or a vector of the padding
            that is not zero.
    """
    folders = fold_folders(root)
    ids = list(selected["utterance_id"])
    places = list(zip(selected["fold"], selected["partition"], selected["row"], strict=True))
    attributes = {
        "extractor": "prepared features of the baselines",
        "packages": package_versions("numpy"),
    }
    if modality == "text":
        words = cache(lambda fold, name: words_of(folders[fold], name))
        tokens = [tokens_in(words(fold, name)[row]) for fold, name, row in places]
        embedding = embedding_of(folders.values())
        for (fold, name, row), sequence in zip(places, tokens, strict=True):
            if sequence.max(initial=0) >= len(embedding):
                raise DataError(
                    f"{array_path(folders[fold], name, 'nlp_trans')}: row {row} has the word "
                    f"{sequence.max()}, but there are {len(embedding)} word vectors, from 0; copy "
                    "the prepared features again, of one set"
                )
        names = ["", *(f"w{row}" for row in range(1, len(embedding)))]
        write_tokens(path, ids, tokens, names, embedding, attributes)
        return
    frames = cache(lambda fold, name: read_frames(folders[fold], name, modality))
    values = PROSODY_ARRAY if modality == "prosody" else FRAME_ARRAYS[modality][0]
    rows = [
        (array_path(folders[fold], name, values), *frames(fold, name), row)
        for fold, name, row in places
    ]
    lengths = [int(valid[row]) for _, _, valid, row in rows]
    dim = rows[0][1].shape[2]
    write_ragged(path, ids, lengths, valid_frames(rows, modality), dim, attributes)
