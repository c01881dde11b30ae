"""Folders for what libraries write, on machines where the usual ones are read-only."""

import atexit
import logging
import os
import shutil
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from emofusion.errors import DataError

log = logging.getLogger(__name__)


@cache
def provide_numba_cache() -> None:
    """Give numba a folder for compiled functions; librosa cannot be used where it finds none.

    numba takes the first that can be written of NUMBA_CACHE_DIR, the folder of librosa's sources
    and the user's cache folder. Where none can (a read-only environment, no home folder), it gets a
    temporary folder, which is removed when the process ends.

    Raises:
        DataError: there is no folder for temporary files either.
    """
    spec = find_spec("librosa")
    user_cache = os.path.expanduser("~/.cache")  # noqa: PTH111 (Path's fails without a home)
    places = [
        os.environ.get("NUMBA_CACHE_DIR", ""),
        str(Path(spec.origin).with_name("__pycache__")) if spec and spec.origin else "",
        os.environ.get("XDG_CACHE_HOME") or user_cache,
    ]
    if any(_writable(Path(place)) for place in places):
        return
    try:
        folder = tempfile.mkdtemp(prefix="emofusion-numba-")
    except OSError as error:
        raise no_temporary_files(error) from None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = folder
    log.warning(
        "no folder for compiled functions can be written (%s): they are compiled again in each "
        "process, about 20 seconds. Set NUMBA_CACHE_DIR or XDG_CACHE_HOME to a folder that can"
        " be written",
        ", ".join(filter(None, places)),
    )


def no_temporary_files(error: OSError) -> DataError:
    """The error to raise where temporary files cannot be written."""
    return DataError(
        f"no folder for temporary files can be written ({error}); set TMPDIR to a folder on the "
        "local disk that has room"
    )


def _writable(folder: Path) -> bool:
    """Whether a file can be written in a folder, which is made if it is not there."""
    if not folder.is_absolute():
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0")
    except OSError:
        return False
    return True
