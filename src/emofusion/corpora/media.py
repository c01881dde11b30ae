"""Files of a corpus: recordings and videos wherever they are below its folder, and its lists."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

from emofusion.errors import DataError

HIDDEN = (".", "__MACOSX")


def files_below(root: Path, wanted: Callable[[str], object]) -> dict[str, list[str]]:
    """{file name: its paths relative to the root} of the files with a wanted name, in order.

    Hidden files and folders, such as those that a Mac leaves behind, are passed over.
    """
    found: dict[str, list[str]] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(HIDDEN))
        for name in sorted(names):
            if not name.startswith(HIDDEN) and wanted(name):
                path = Path(folder, name).relative_to(root).as_posix()
                found.setdefault(name, []).append(path)
    return found


def require_folder(root: Path, what: str) -> Path:
    """The folder itself.

    Raises:
        DataError: it is not there.
    """
    if not root.is_dir():
        kind = "no such folder" if not root.exists() else "is not a folder"
        raise DataError(f"{root}: {kind}; expected {what}. Set `corpus` in the configuration")
    return root


def read_list(path: Path, expected: str) -> list[dict[str, str]]:
    """The rows of a CSV file of a corpus, as text.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); expected {expected}") from None
