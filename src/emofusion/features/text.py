"""Text features: words of the transcripts and their GloVe vectors (section 3 of the paper)."""

import logging
from collections import Counter
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from nltk.tokenize import NLTKWordTokenizer
from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer, PunktToken

from emofusion.characters import plain_text
from emofusion.errors import DataError
from emofusion.features.events import without_events
from emofusion.features.store.write import package_versions, write_tokens
from emofusion.features.vectors import find_vectors

log = logging.getLogger(__name__)

UNKNOWN_RANGE = 0.25
"""Unknown words get vectors from the uniform distribution between -0.25 and 0.25, as published."""


class _SpokenToken(PunktToken):
    # Transcripts have no initials such as "J. Smith": "So do I. You know." is two sentences.
    is_initial = False


# What NLTK's word_tokenize does, but with a sentence splitter that needs no download: a few
# abbreviations replace the trained model's list.
_ABBREVIATIONS = PunktParameters()
_ABBREVIATIONS.abbrev_types |= {"mr", "mrs", "ms", "dr", "st", "jr", "sr", "prof", "vs", "etc"}
_SENTENCES = PunktSentenceTokenizer(_ABBREVIATIONS, token_cls=_SpokenToken)
_WORDS = NLTKWordTokenizer()


def tokenize(transcript: str, events: str = "keep") -> list[str]:
    """Lower-cased words and punctuation marks.

    Sentences are split first, so that a full stop in mid-turn is a separate token. Typographic
    marks count as those of ASCII (`emofusion.characters.plain_text`): don’t is do, n't. Dashes stay
    as they are, tokens by themselves.

    Args:
        transcript: what was said in an utterance.
        events: "keep" makes the tokens "[", "laughter", "]" of [LAUGHTER], as published; "drop"
            removes it.
    """
    transcript = plain_text(transcript)
    if events == "drop":
        transcript = without_events(transcript)
    return [
        token.lower()
        for sentence in _SENTENCES.tokenize(transcript)
        for token in _WORDS.tokenize(sentence)
    ]


def write_text_features(
    selected: pd.DataFrame,
    glove: Path,
    path: Path,
    *,
    settings: Mapping[str, Any],
    min_coverage: float | None = None,
) -> None:
    """Write the words of every selected utterance and the word vectors to a feature file.

    Row 0 of the embedding is zero, for padding. The vocabulary follows in alphabetical order; the
    vectors of words that GloVe does not know are drawn from the seed.

    Args:
        selected: the selected utterances.
        glove: word vectors in text format, see `emofusion.features.vectors`.
        path: the feature file to write.
        settings: `width` of a vector, `seed`, `events` (see `tokenize`).
        min_coverage: share of all tokens that must have a vector; None accepts any share.

    Raises:
        DataError: `glove` is not such a file, or knows too few of the tokens.
    """
    utterances = [tokenize(transcript, settings["events"]) for transcript in selected["transcript"]]
    counts = Counter(token for tokens in utterances for token in tokens)
    words = ["", *sorted(counts)]
    rows = {word: row for row, word in enumerate(words)}
    vectors = read_glove(glove, counts.keys(), settings["width"])
    missing = counts.keys() - vectors.keys()
    tokens_missing = sum(counts[word] for word in missing)
    share = 1.0 if not counts else (counts.total() - tokens_missing) / counts.total()
    if min_coverage is not None and share < min_coverage:
        raise DataError(_too_few(glove, counts, missing, share, min_coverage))
    generator = np.random.default_rng(settings["seed"])
    embedding = generator.uniform(
        -UNKNOWN_RANGE, UNKNOWN_RANGE, (len(words), settings["width"])
    ).astype(np.float32)
    embedding[0] = 0
    for word, vector in vectors.items():
        embedding[rows[word]] = vector
    coverage = {
        "types": len(counts),
        "types_missing": len(missing),
        "tokens": counts.total(),
        "tokens_missing": tokens_missing,
    }
    log.info("%s", ", ".join(f"{name}: {count}" for name, count in coverage.items()))
    log.info("not among the word vectors: %s", " ".join(sorted(missing)))
    attributes = {
        "extractor": "word vectors",
        **settings,
        "tokenizer": "NLTK words of untrained Punkt sentences, lower-cased",
        "unknown_words": f"uniform(-{UNKNOWN_RANGE}, {UNKNOWN_RANGE})",
        **coverage,
        "packages": package_versions("nltk", "numpy"),
    }
    tokens = [np.array([rows[word] for word in tokens], np.int32) for tokens in utterances]
    write_tokens(path, list(selected["utterance_id"]), tokens, words, embedding, attributes)


def _too_few(
    glove: Path, counts: Counter, missing: Set[str], share: float, min_coverage: float
) -> str:
    examples = [word for word, _ in counts.most_common() if word in missing][:10]
    return (
        f"{glove}: has vectors for {share:.3f} of the {counts.total()} tokens of the transcripts, "
        f"expected at least {min_coverage} (`features.text.min_coverage`). Words without a vector, "
        f"most frequent first: {' '.join(examples)}. Is it a file of another language or of "
        "capitalized words, or only a part of one? Set `glove` to another file; or, if so many "
        "words may have random vectors, set `features.text.min_coverage` lower (null: any share)"
    )


def read_glove(path: Path, vocabulary: Set[str], width: int) -> dict[str, np.ndarray]:
    """Vectors [width] float32 of those words of a vocabulary that a file knows.

    Raises:
        DataError: as `emofusion.features.vectors.find_vectors`.
    """
    found = find_vectors(path, vocabulary, width)
    return {word: np.array(vector, np.float32) for word, vector in found.items()}
