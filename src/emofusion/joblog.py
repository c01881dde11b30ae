"""The log of a job."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emofusion.environment import no_temporary_files
from emofusion.errors import DataError

DISK = {
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "access is denied",
}
PLACES = (
    "`results` of the configuration (results), TMPDIR (temporary files) and XDG_CACHE_HOME (what "
    "libraries keep) can name other folders"
)


@contextmanager
def job_log(path: str) -> Iterator[None]:
    """Log a job to a file; bad input and a full disk end it with a message, not a traceback."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=path,
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    logging.captureWarnings(True)
    try:
        yield
    except DataError as error:
        logging.error("%s", error)
        sys.exit(f"\nemofusion: {error}\n")
    except OSError as error:
        logging.exception("the job failed")
        if str(error.strerror).startswith("No usable temporary directory"):
            sys.exit(f"\nemofusion: {no_temporary_files(error)}\n")
        if error.errno not in DISK:
            raise
        file = error.filename or f"of {path} or of temporary files"
        sys.exit(
            f"\nemofusion: {DISK[error.errno]} ({file}). Fix this and start the workflow again: "
            f"finished jobs are kept. {PLACES}\n"
        )
    except Exception:
        logging.exception("the job failed")
        raise
