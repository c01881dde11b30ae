"""Check that files in the results folder exist before a command reads them."""

from pathlib import Path

from emofusion.errors import DataError


def require_file(path: Path) -> Path:
    """Return the path of a file that the workflow makes.

    Raises:
        DataError: the file does not exist.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; run the workflow, or name its results by --results")
    return path
