"""File-system queries that treat unreadable entries and broken links as missing."""

import os
import stat
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is there; False where permissions hide it."""
    return size_of(path) is not None


def is_dir(path: Path) -> bool:
    """Whether a folder is there; False where permissions hide it."""
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def size_of(path: Path) -> int | None:
    """Size of a file [bytes]; None: no regular file there, or none that permissions show."""
    status = _status(path)
    return status.st_size if status and stat.S_ISREG(status.st_mode) else None


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def entries(folder: Path) -> list[Path]:
    """Files and folders in order, without hidden ones."""
    return [Path(entry.path) for entry in scan(folder)]


def scan(folder: Path) -> list[os.DirEntry[str]]:
    """Entries in order, without hidden ones such as `._x`, which a Mac leaves next to x."""
    try:
        with os.scandir(folder) as found:
            return sorted((e for e in found if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError:  # not there, no folder, or not allowed
        return []
