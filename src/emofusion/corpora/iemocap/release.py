"""The layout of an IEMOCAP release; light, since every start of the workflow imports it."""

import hashlib
import re
from functools import cache
from pathlib import Path

from emofusion.corpora.folders import entries, is_dir, scan, size_of
from emofusion.errors import DataError

RELEASE_NAME = "IEMOCAP_full_release"
LABEL_FOLDER = "dialog/EmoEvaluation"
TRANSCRIPTS = "dialog/transcriptions"
VIDEOS = "dialog/avi/DivX"
SOUND_FOLDER = "sentences/wav"
PACKED = (".tar.gz", ".tgz", ".tar", ".zip")


def release_root(root: Path) -> Path:
    """The folder that holds the sessions: `root` or the release in it.

    Raises:
        DataError: neither has a session.
    """
    for folder in (root, root / RELEASE_NAME):
        if session_numbers(folder):
            return folder
    packed = [entry.name for entry in scan(root) if entry.name.endswith(PACKED)]
    hint = f"Unpack {packed[0]} first, or set" if packed else "Set"
    raise DataError(
        f"{root}: no IEMOCAP release here; expected the folders Session1 ... Session5, or "
        f"the folder {RELEASE_NAME} that holds them. {hint} `corpus` in the configuration"
    )


@cache
def session_fingerprint(root: Path, session: int, modalities: str = "tva") -> str:
    """SHA-256 of what the pipeline reads of a session, wherever the release is.

    The workflow asks at every start. Media are not read, and a process looks only once. A file that
    cannot be read is not an error here: the job that needs it raises one.

    Args:
        root: the folder with the sessions, or the one that holds it.
        session: its number.
        modalities: t: the contents of label and transcript files; v, a: names and sizes of avi and
            wav files.

    Raises:
        DataError: no release at `root`.
    """
    if len(modalities) > 1:
        parts = [session_fingerprint(root, session, letter) for letter in modalities]
        return hashlib.sha256("".join(parts).encode()).hexdigest()
    folder = release_root(root) / f"Session{session}"
    if modalities == "t":
        files = [*texts(folder / LABEL_FOLDER).values(), *texts(folder / TRANSCRIPTS).values()]
        found: dict[Path, str | int | None] = {path: _content(path) for path in files}
    else:
        folders = {"v": [folder / VIDEOS], "a": entries(folder / SOUND_FOLDER)}.get(modalities, [])
        media = [path for part in folders for path in entries(part)]
        found = {path: size_of(path) for path in media if path.suffix in (".wav", ".avi")}
    lines = (
        f"{path.relative_to(folder).as_posix()}\t{content}\n" for path, content in found.items()
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def session_numbers(release: Path) -> list[int]:
    """Numbers of the sessions whose folders are there, in order."""
    names = [re.fullmatch(r"Session(\d)", entry.name) for entry in scan(release)]
    return [int(name[1]) for name in names if name]


def texts(folder: Path) -> dict[str, Path]:
    """Text files of a folder, not of its subfolders, by dialog and in the order of their paths.

    Broken links are included: the reader of the file reports them.
    """
    return {
        entry.name.removesuffix(".txt"): Path(entry.path)
        for entry in scan(folder)
        if entry.name.endswith(".txt") and not is_dir(Path(entry.path))
    }


def label_files(release: Path) -> list[Path]:
    """The label files of all sessions, in order."""
    folders = [release / f"Session{number}" / LABEL_FOLDER for number in session_numbers(release)]
    return [path for folder in folders for path in texts(folder).values()]


def _content(path: Path) -> str:
    """Hash of a file that can be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"
