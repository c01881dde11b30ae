"""Files of the results that commands read."""

from pathlib import Path

from emofusion.errors import DataError


def made(path: Path) -> Path:
    """A file that the workflow makes.

    Raises:
        DataError: it is not there.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; run the workflow, or name its results by --results")
    return path
