"""The IEMOCAP release, read from disk into the utterance table."""

import codecs
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from emofusion.characters import WINDOWS_1252, encoded_twice
from emofusion.corpora.folders import is_dir, is_file
from emofusion.corpora.iemocap.release import (
    LABEL_FOLDER,
    SOUND_FOLDER,
    TRANSCRIPTS,
    VIDEOS,
    release_root,
    session_numbers,
    texts,
)
from emofusion.errors import DataError
from emofusion.schemas import UTTERANCES

METHODS = {"script": "scripted", "impro": "improvised"}

# In Ses01F_impro01_M000, the F marks the actor who wears the markers, the M marks the speaker.
DIALOG_ID = r"Ses(?P<session>\d\d)(?P<marker>[FM])_(?P<method>impro|script)\w+"
UTTERANCE = re.compile(rf"(?P<dialog>{DIALOG_ID})_(?P<speaker>[FM])[\dX]+")
NUMBER = r"\s*(-?\d+(?:\.\d*)?)\s*"
LABEL_LINE = re.compile(rf"\[{NUMBER}-{NUMBER}\]\s+(\S+)\s+(\w+)\s+\[{NUMBER},{NUMBER},{NUMBER}\]")
TRANSCRIPT_LINE = re.compile(rf"(\S+)\s*\[{NUMBER}-{NUMBER}\]\s*:(.*)")

# The byte order mark of UTF-32 begins with that of UTF-16.
WIDE_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Control characters, and the character that replaces bytes which a program could not read.
NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffd]")


class Label(NamedTuple):
    """Consensus of the annotators; start and end in seconds, the ratings from 1 to 5."""

    start: float
    end: float
    label: str
    valence: float
    activation: float
    dominance: float


class Transcript(NamedTuple):
    """What was said; start and end in seconds."""

    start: float
    end: float
    text: str


def read_release(root: Path) -> pd.DataFrame:
    """All sessions of a release, one after the other: see `read_session`."""
    tables = [read_session(root, session) for session in session_numbers(release_root(root))]
    return pd.concat(tables, ignore_index=True)


def read_session(root: Path, session: int) -> pd.DataFrame:
    """Read every utterance of a session, labelled or known only from its transcript.

    Rows are sorted by the path of the dialog's file, then by utterance id: the published folds were
    drawn in this order. An utterance without a label has an empty label and no ratings; an
    utterance without a transcript has an empty transcript. Lines without an id (`M: Sorry.`) are
    ignored.

    Args:
        root: the folder with the sessions, or the one that holds it.
        session: its number, 1 to 5.

    Returns:
        One row per utterance, columns as in `UTTERANCES`; times in seconds; paths relative to the
        release, where the files are expected, whether or not they are there.

    Raises:
        DataError: no release, no labels, a file or line that cannot be understood, or labels of one
            utterance that differ.
    """
    folder = release_root(root) / f"Session{session}"
    labelled = texts(folder / LABEL_FOLDER)
    if not labelled:
        raise DataError(
            f"{folder / LABEL_FOLDER}: no label files; expected one <dialog>.txt a dialog. "
            "Unpack the whole release"
        )
    transcripts = _read_transcripts(folder, labelled)
    rows = []
    for dialog, path in labelled.items():
        match = re.fullmatch(DIALOG_ID, dialog)
        if match is None or int(match["session"]) != session:
            raise DataError(
                f"{path}: not the name of a dialog of Session{session}; "
                f"expected names such as Ses0{session}F_impro01.txt"
            )
        labels = parse_labels(read_text(path), dialog, path)
        said = transcripts.get(dialog, {})
        sounds, video = _media(folder, dialog, labelled)
        for utterance in sorted(labels.keys() | said.keys()):
            row = _row(utterance, labels.get(utterance), said.get(utterance))
            rows.append(row | {"audio_path": f"{sounds}/{utterance}.wav", "video_path": video})
    return pd.DataFrame(rows, columns=UTTERANCES)


def parse_labels(text: str, dialog: str, source: Path) -> dict[str, Label]:
    """Consensus labels of a dialog by utterance; other lines are single annotators and comments.

    Args:
        text: content of a label file.
        dialog: the dialog whose utterances are expected.
        source: the file to name in errors.

    Raises:
        DataError: a malformed line, an id of another dialog, two different labels of one utterance,
            or no label at all.
    """
    labels: dict[str, Label] = {}
    for number, line in _lines(text):
        if not line.startswith("["):
            continue
        match = LABEL_LINE.fullmatch(line)
        if match is None:
            raise DataError(
                f"{source}, line {number}: {line!r} is not a label line; expected "
                "[start - end], id, label and [valence, activation, dominance]"
            )
        start, end, utterance, code, *ratings = match.groups()
        _check_id(utterance, dialog, f"{source}, line {number}")
        label = Label(float(start), float(end), code, *map(float, ratings))
        if labels.setdefault(utterance, label) != label:
            raise DataError(f"{source}, line {number}: {utterance} has another label above")
    if not labels:
        raise DataError(
            f"{source}: no label lines; expected lines such as "
            f"[6.2901 - 8.2357], {dialog}_F000, neu, [2.5000, 2.5000, 2.5000], separated by tabs"
        )
    return labels


def parse_transcripts(text: str, dialog: str, source: Path) -> dict[str, Transcript]:
    """Transcripts of a dialog by utterance. Several lines of one utterance are joined.

    Args:
        text: content of a transcript file.
        dialog: the dialog whose utterances are expected.
        source: the file to name in errors.

    Raises:
        DataError: a line with times whose id is malformed or of another dialog, an id
            without times, characters that are not text.
    """
    transcripts: dict[str, Transcript] = {}
    for number, line in _lines(text):
        match = TRANSCRIPT_LINE.fullmatch(line)
        if match is None:
            if line.startswith("Ses"):
                raise DataError(
                    f"{source}, line {number}: {line!r} is not a transcript line; "
                    "expected id [start-end]: text"
                )
            continue
        utterance, start, end, said = match.groups()
        _check_id(utterance, dialog, f"{source}, line {number}", other_name(dialog))
        said = said.strip()
        _check_characters(said, f"{source}, line {number}")
        before = transcripts.get(utterance)
        if before is not None and said != before.text:
            said = f"{before.text} {said}".strip()
        transcripts[utterance] = Transcript(float(start), float(end), said)
    return transcripts


def other_name(dialog: str) -> str:
    """The name that a dialog may have elsewhere: `..._1` of `..._1b` and the reverse.

    The release names one dialog of session 5 in both ways.
    """
    return dialog.removesuffix("b") if dialog.endswith("b") else f"{dialog}b"


def _read_transcripts(
    folder: Path, labelled: Mapping[str, Path]
) -> dict[str, dict[str, Transcript]]:
    """{dialog: {utterance: transcript}} of a session, by the ids and not by the files' names."""
    found: dict[str, dict[str, Transcript]] = {}
    for name, path in texts(folder / TRANSCRIPTS).items():
        if not path.exists():
            continue  # a link to a file that is not there; the probe says so where text is used
        for utterance, transcript in parse_transcripts(read_text(path), name, path).items():
            dialog = _parts(utterance)["dialog"]
            if dialog not in labelled:
                expected = folder / LABEL_FOLDER / f"{dialog}.txt"
                raise DataError(f"{path}: its dialog has no labels; expected {expected}")
            said = found.setdefault(dialog, {})
            if dialog == name or utterance not in said:
                said[utterance] = transcript
    return found


def _media(folder: Path, dialog: str, labelled: Mapping[str, Path]) -> tuple[str, str]:
    """Folder of a dialog's wav files and its video, relative to the release."""
    other = other_name(dialog)
    sounds = f"{SOUND_FOLDER}/{dialog}"
    if not is_dir(folder / sounds) and is_dir(folder / SOUND_FOLDER / other):
        sounds = f"{SOUND_FOLDER}/{other}"
    video, elsewhere = f"{VIDEOS}/{dialog}.avi", f"{VIDEOS}/{other}.avi"
    # The video of a labelled dialog is never taken for another dialog's.
    if not is_file(folder / video) and other not in labelled and is_file(folder / elsewhere):
        video = elsewhere
    return f"{folder.name}/{sounds}", f"{folder.name}/{video}"


def _row(utterance: str, label: Label | None, transcript: Transcript | None) -> dict[str, Any]:
    parts = _parts(utterance)
    session, dialog, speaker = int(parts["session"]), parts["dialog"], parts["speaker"]
    if label is None:
        assert transcript is not None  # what has neither is not known at all
        no_rating = float("nan")
        label = Label(transcript.start, transcript.end, "", no_rating, no_rating, no_rating)
    return {
        "utterance_id": utterance,
        "dialog": dialog,
        "session": session,
        "speaker": f"Ses{parts['session']}{speaker}",
        "gender": speaker,
        "method": METHODS[parts["method"]],
        **label._asdict(),
        "transcript": transcript.text if transcript else "",
        "video_side": "left" if speaker == parts["marker"] else "right",
    }


def _parts(utterance: str) -> re.Match[str]:
    """The parts of an id that was checked."""
    match = UTTERANCE.fullmatch(utterance)
    assert match is not None
    return match


def _check_id(utterance: str, dialog: str, place: str, other: str = "") -> None:
    match = UTTERANCE.fullmatch(utterance)
    if match is None:
        raise DataError(
            f"{place}: {utterance!r} is not an utterance id; expected one such as {dialog}_F000"
        )
    if match["dialog"] not in (dialog, other):
        raise DataError(f"{place}: {utterance} belongs to another dialog than {dialog}")


def _check_characters(said: str, place: str) -> None:
    found = NO_TEXT.search(said)
    if found is not None:
        raise DataError(
            f"{place}: holds {found[0]!r}, which is not text in UTF-8 or Windows-1252; correct the "
            "line, or take the file of the release again"
        )
    if encoded_twice(said):
        raise DataError(
            f"{place}: {said!r} is UTF-8 that a program took for Windows-1252 and saved again; "
            "take the file of the release again"
        )


def read_text(path: Path) -> str:
    """Text of a file: UTF-16 or UTF-32 by its byte order mark, else UTF-8 or Windows-1252 by line.

    Raises:
        DataError: the file cannot be opened, or holds no text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); change its permissions"
        ) from None
    encodings = (name for mark, name in WIDE_MARKS.items() if content.startswith(mark))
    encoding = next(encodings, None)
    if encoding is None:
        text = "\n".join(map(_decoded, content.removeprefix(codecs.BOM_UTF8).split(b"\n")))
    else:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: begins as {encoding} does, but is not ({error.reason} at byte "
                f"{error.start}); take the file of the release again, or save it as UTF-8"
            ) from None
    if "\0" in text:
        raise DataError(
            f"{path}: holds zero bytes, as UTF-16 without a byte order mark or a damaged file "
            "does; expected text. Save it as UTF-8, or take the file of the release again"
        )
    # Control characters of Latin-1, which UTF-8 may hold too, are meant as Windows-1252.
    return text.translate(WINDOWS_1252)


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    # Not splitlines(), which would also break at characters such as U+2028.
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        yield number, line.strip()
