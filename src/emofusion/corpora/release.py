"""Where things lie in an IEMOCAP release; light, since the workflow asks at every start."""

import hashlib
import os
import re
from functools import cache
from pathlib import Path

from emofusion.errors import DataError

RELEASE_NAME = "IEMOCAP_full_release"
LABELS = "dialog/EmoEvaluation"
TRANSCRIPTS = "dialog/transcriptions"
VIDEOS = "dialog/avi/DivX"
SOUNDS = "sentences/wav"
PACKED = (".tar.gz", ".tgz", ".tar", ".zip")


def release_root(root: Path) -> Path:
    """The folder that holds the sessions: `root` or the release in it.

    Raises:
        DataError: neither has a session.
    """
    for folder in (root, root / RELEASE_NAME):
        if folder.is_dir() and sessions(folder):
            return folder
    packed = [entry.name for entry in _scan(root) if entry.name.endswith(PACKED)]
    hint = f"Unpack {packed[0]} first, or set" if packed else "Set"
    raise DataError(
        f"{root}: no IEMOCAP release here; expected the folders Session1 ... Session5, or "
        f"the folder {RELEASE_NAME} that holds them. {hint} `corpus` in config.yaml"
    )


@cache
def session_fingerprint(root: Path, session: int) -> str:
    """SHA-256 that stands for what the pipeline reads of a session, wherever the release lies.

    Names and sizes of the wav and avi files count, and the content of label and transcript files.
    The workflow asks at every start, so that media are not read, and a process looks only once.

    Raises:
        DataError: no release at `root`.
    """
    folder = release_root(root) / f"Session{session}"
    digest = hashlib.sha256()
    for kind in (LABELS, TRANSCRIPTS):
        for path in texts(folder / kind).values():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(folder).as_posix()}\t{content}\n".encode())
    sounds = [entry.path for entry in _scan(folder / SOUNDS) if entry.is_dir()]
    for media in [folder / VIDEOS, *map(Path, sounds)]:
        for entry in _scan(media):
            if entry.name.endswith((".wav", ".avi")):
                path = Path(entry.path).relative_to(folder).as_posix()
                digest.update(f"{path}\t{entry.stat().st_size}\n".encode())
    return digest.hexdigest()


def sessions(release: Path) -> list[int]:
    """Numbers of the sessions whose folders are there, in order."""
    names = [re.fullmatch(r"Session(\d)", entry.name) for entry in _scan(release)]
    return [int(name[1]) for name in names if name]


def texts(folder: Path) -> dict[str, Path]:
    """Text files of a folder, not of its subfolders, by dialog and in the order of their paths."""
    return {
        entry.name.removesuffix(".txt"): Path(entry.path)
        for entry in _scan(folder)
        if entry.name.endswith(".txt") and entry.is_file()
    }


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    """Entries in order, without hidden ones: `._x` is what a Mac leaves beside x on other disks."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
