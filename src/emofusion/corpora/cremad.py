"""CREMA-D: 91 actors say twelve sentences in six emotions (Cao et al., 2014)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emofusion.corpora.media import files_below, read_list, require_folder
from emofusion.corpora.rows import Row
from emofusion.errors import DataError
from emofusion.schemas import EXTERNAL, RATINGS

CORPORA = {
    "cremad": {
        "title": "CREMA-D",
        "folder": "CREMA-D",
        "rated": "voice face multimodal",
        "speakers": 91,
    }
}

EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": ""}
SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
NAME = re.compile(r"(1\d{3})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX)")
VOTES = {"voice": "VoiceVote", "face": "FaceVote", "multimodal": "MultiModalVote"}
"""{label set: its column in summaryTable.csv}: what the raters heard, saw, or both."""
COUNTS = "processedResults/tabulatedVotes.csv"
SILENT = {"1076_MTI_SAD_XX": "the recording has no sound"}
DAMAGED = dict.fromkeys(
    ("1076_MTI_SAD_XX", "1076_MTI_NEU_XX", "1064_TIE_SAD_XX", "1064_IEO_DIS_MD"),
    "the video is damaged",
)
"""{utterance: what is wrong with its recording, or its video, in every copy}"""
EXPECTED = "SentenceFilenames.csv, VideoDemographics.csv, processedResults, AudioWAV and VideoFlash"


def find(given: Path) -> Path:
    """The folder of the corpus.

    Raises:
        DataError: it is not there, or lacks SentenceFilenames.csv.
    """
    folder = require_folder(given, EXPECTED)
    if not (folder / "SentenceFilenames.csv").is_file():
        raise DataError(f"{given}: no SentenceFilenames.csv here; expected {EXPECTED}")
    return folder


def rows(given: Path) -> list[Row]:
    """One row per utterance; its labels are the columns label (intended), voice, face, multimodal.

    A tie of the votes, such as A:D, is the label anger:disgust.

    Raises:
        DataError: a list of the corpus is missing or has another form.
    """
    folder = find(given)
    demographics, summary, sentences = (
        read_list(folder / name, EXPECTED)
        for name in (
            "VideoDemographics.csv",
            "processedResults/summaryTable.csv",
            "SentenceFilenames.csv",
        )
    )
    people = {row["ActorID"]: row["Sex"][:1] for row in demographics}
    votes = {row["FileName"]: row for row in summary}
    names = dict.fromkeys(row["Filename"] for row in sentences)
    media = files_below(folder, lambda name: name.endswith((".wav", ".flv")))
    return [_row(name, people, votes.get(name, {}), media) for name in sorted(names)]


def _row(name: str, people: Row, votes: Row, media: dict[str, list[str]]) -> Row:
    match = NAME.fullmatch(name)
    if not match or match[2] not in SENTENCES or match[3] not in EMOTIONS:
        raise DataError(
            f"SentenceFilenames.csv: found {name!r}, expected a name such as 1001_IEO_NEU_XX"
        )
    actor, sentence, emotion, level = match.groups()
    return {
        "utterance_id": name,
        "label": EMOTIONS[emotion],
        **{key: _voted(votes.get(column, "")) for key, column in VOTES.items()},
        "speaker": actor,
        "gender": people.get(actor, ""),
        "language": "en",
        "transcript": SENTENCES[sentence],
        "sentence": sentence,
        "level": LEVELS[level],
        "audio_path": media.get(f"{name}.wav", [f"AudioWAV/{name}.wav"])[0],
        "video_path": media.get(f"{name}.flv", [f"VideoFlash/{name}.flv"])[0],
        "audio_fault": SILENT.get(name, ""),
        "video_fault": DAMAGED.get(name, ""),
    }


def rating_files(given: Path) -> list[Path]:
    """The file with the counts of votes, if it is there."""
    return [path for path in [find(given) / COUNTS] if path.is_file()]


def ratings(given: Path, column: str) -> Iterator[dict[str, Any]]:
    """One row per vote. The file has counts only, so that raters are numbered by utterance.

    Args:
        given: the folder of the corpus.
        column: what the raters heard, saw, or both: a key of `VOTES`.

    Raises:
        DataError: the file cannot be read.
    """
    kind = str([*VOTES].index(column) + 1)  # the first digit of a row's number
    for row in read_list(find(given) / COUNTS, EXPECTED):
        if not row[""].startswith(kind):
            continue
        votes = [name for name in EMOTIONS.values() for _ in range(int(row[name[0].upper()]))]
        for number, label in enumerate(votes, 1):
            said = {"annotator": str(number), "kind": EXTERNAL, "label": label}
            yield dict.fromkeys(RATINGS) | {"utterance_id": row["fileName"]} | said


def _voted(letters: str) -> str:
    """The label of a vote such as A, or A:D where votes are equal."""
    names = {label[0]: name for label, name in EMOTIONS.items()}
    return ":".join(names[letter] for letter in letters.split(":") if letter)


def known_counts() -> dict[str, dict[str, int]]:
    """{column: {value: utterances}} of the full corpus."""
    return {"label": {name: 1087 if name == "neutral" else 1271 for name in EMOTIONS.values()}}
