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

from emofusion.errors import DataError
from emofusion.features.events import without_events
from emofusion.features.store.write import package_versions, write_tokens

log = logging.getLogger(__name__)

UNKNOWN_RANGE = 0.25
"""Unknown words get vectors from the uniform distribution between -0.25 and 0.25, as published."""


class _SpokenToken(PunktToken):
    # "So do I. You know." is two sentences: speech has no initials to tell from the end of one.
    is_initial = False


# What NLTK's word_tokenize does, but with a sentence splitter that needs no download: a few
# abbreviations stand for the trained model's list.
_ABBREVIATIONS = PunktParameters()
_ABBREVIATIONS.abbrev_types |= {"mr", "mrs", "ms", "dr", "st", "jr", "sr", "prof", "vs", "etc"}
_SENTENCES = PunktSentenceTokenizer(_ABBREVIATIONS, token_cls=_SpokenToken)
_WORDS = NLTKWordTokenizer()


def tokenize(transcript: str, events: str = "keep") -> list[str]:
    """Lower-cased words and punctuation marks.

    Sentences are split first, so that a full stop in mid-turn is a token of its own.

    Args:
        transcript: of an utterance.
        events: "keep" makes "[", "laughter", "]" of [LAUGHTER], as published; "drop" nothing.
    """
    if events == "drop":
        transcript = without_events(transcript)
    return [
        token.lower()
        for sentence in _SENTENCES.tokenize(transcript)
        for token in _WORDS.tokenize(sentence)
    ]


def extract_text(
    selected: pd.DataFrame, glove: Path, path: Path, *, settings: Mapping[str, Any]
) -> None:
    """Write the words of every selected utterance and the word vectors to a feature file.

    Row 0 of the embedding is zero, for padding. The vocabulary follows in alphabetical order; the
    vectors of words that GloVe does not know are drawn from the seed.

    Args:
        selected: the selected utterances.
        glove: word vectors in GloVe's text format.
        path: of the feature file.
        settings: `width` of a vector, `seed`, `events` (see `tokenize`).

    Raises:
        DataError: `glove` is missing or holds vectors of another width.
    """
    utterances = [tokenize(transcript, settings["events"]) for transcript in selected["transcript"]]
    counts = Counter(token for tokens in utterances for token in tokens)
    words = ["", *sorted(counts)]
    rows = {word: row for row, word in enumerate(words)}
    vectors = read_glove(glove, counts.keys(), settings["width"])
    generator = np.random.default_rng(settings["seed"])
    embedding = generator.uniform(
        -UNKNOWN_RANGE, UNKNOWN_RANGE, (len(words), settings["width"])
    ).astype(np.float32)
    embedding[0] = 0
    for word, vector in vectors.items():
        embedding[rows[word]] = vector
    missing = counts.keys() - vectors.keys()
    coverage = {
        "types": len(counts),
        "types_missing": len(missing),
        "tokens": counts.total(),
        "tokens_missing": sum(counts[word] for word in missing),
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


def read_glove(path: Path, vocabulary: Set[str], width: int) -> dict[str, np.ndarray]:
    """Vectors [width] float32 of those words of a vocabulary that a GloVe file knows.

    The file is read as a stream of bytes, and only its first line and those of wanted words are
    looked at. A line is a word, which may hold spaces in the 840B release, and `width` numbers.

    Raises:
        DataError: no such file, or such a line without exactly `width` numbers.
    """
    wanted = {word.encode(): word for word in vocabulary}
    vectors = {}
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                word = wanted.get(line[: line.find(b" ")])
                if word is None and number > 1:
                    continue
                if line.count(b" ") != width:
                    _check_spaced_word(line, number, path, width)  # no token has a space
                elif word is not None:
                    vectors[word] = _vector(line, number, path)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); set `glove` in config.yaml to a file of "
            "word vectors in GloVe's text format"
        ) from None
    return vectors


def _vector(line: bytes, number: int, path: Path) -> np.ndarray:
    try:
        return np.array([float(field) for field in line.split(b" ")[1:]], np.float32)
    except ValueError as error:
        raise DataError(f"{path}, line {number}: not a word and its vector ({error})") from None


def _check_spaced_word(line: bytes, number: int, path: Path, width: int) -> None:
    """Accept a line whose word has spaces; refuse one whose vector has another width."""
    found = 0
    for field in reversed(line.split()[1:]):
        if not _is_number(field):
            break
        found += 1
    if found != width:
        raise DataError(
            f"{path}, line {number}: a vector of {found} numbers, expected {width}; "
            "set `features.text.width` in config.yaml to that, or `glove` to another file"
        )


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
