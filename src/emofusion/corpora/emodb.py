"""EmoDB: ten actors say ten German sentences in seven emotions (Burkhardt et al., 2005)."""

import re
from pathlib import Path

from emofusion.corpora.media import files_below, require_folder
from emofusion.corpora.rows import Row
from emofusion.errors import DataError

CORPORA = {
    "emodb": {
        "title": "EmoDB",
        "folder": "EmoDB",
        "labels": "anger boredom disgust fear happiness sadness neutral",
        "speakers": 10,
    }
}

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
"""The first letters of the German names."""
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
MEN = ("03", "10", "11", "12", "15")
TEST = ("12", "14", "15", "16")
"""Speakers of audEERING's test partition; all others train."""
NAME = re.compile(r"(\d\d)([ab]\d\d)([WLEAFTN])([a-z])\.wav")
EXPECTED = "a folder wav with files such as 03a01Fa.wav"


def find(given: Path) -> Path:
    """The folder of the corpus.

    Raises:
        DataError: it is not there.
    """
    return require_folder(given, EXPECTED)


def rows(given: Path) -> list[Row]:
    """One row per utterance.

    Raises:
        DataError: no file of the corpus.
    """
    found = [_row(name, paths[0]) for name, paths in files_below(find(given), _is_one).items()]
    if not found:
        raise DataError(f"{given}: no recording of EmoDB below this folder; expected {EXPECTED}")
    return sorted(found, key=lambda row: row["utterance_id"])


def _is_one(name: str) -> bool:
    match = NAME.fullmatch(name)
    return match is not None and match[2] in SENTENCES


def _row(name: str, path: str) -> Row:
    match = NAME.fullmatch(name)
    assert match
    speaker, sentence, emotion, version = match.groups()
    return {
        "utterance_id": name.removesuffix(".wav"),
        "label": EMOTIONS[emotion],
        "speaker": speaker,
        "gender": "M" if speaker in MEN else "F",
        "split": "test" if speaker in TEST else "train",
        "language": "de",
        "transcript": SENTENCES[sentence],
        "sentence": sentence,
        "version": version,
        "audio_path": path,
    }


def known_counts() -> dict[str, dict[str, int]]:
    """{column: {value: utterances}} of the first version; version 2.0 has 816 utterances."""
    letters = {"W": 127, "L": 81, "N": 79, "F": 71, "A": 69, "T": 62, "E": 46}
    return {"label": {EMOTIONS[letter]: number for letter, number in letters.items()}}
