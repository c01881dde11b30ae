"""Compare an IEMOCAP release with its known counts, token statistics and frame counts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.corpora.iemocap.known import PUBLISHED_FRAMING, compare_with_known
from emofusion.features.text import read_glove, tokenize


def compare_release(
    utterances: pd.DataFrame, glove: str, width: int, framing: Mapping[str, Any] | None
) -> pd.DataFrame:
    """Known counts and statistics of the full release, next to those of a corpus.

    Args:
        utterances: the utterance table.
        glove: file of word vectors; empty: words without a vector are not counted.
        width: numbers of a word vector.
        framing: how recordings are cut into frames; None: as published.

    Returns:
        See `emofusion.corpora.iemocap.known.compare_with_known`.
    """
    labelled = utterances[utterances["label"] != ""]
    tokens = [tokenize(transcript) for transcript in labelled["transcript"]]
    missing = None
    if glove:
        types = {word for words in tokens for word in words}
        missing = len(types - read_glove(Path(glove), types, width).keys())
    return compare_with_known(labelled, tokens, missing, framing or PUBLISHED_FRAMING)
