"""The log of a job."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emofusion.errors import DataError

DISK = {
    errno.ENOSPC: "no space is left on the disk of the results",
    errno.EDQUOT: "the quota of the disk of the results is used up",
    errno.EROFS: "the folder of the results is read-only",
}


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
        if error.errno not in DISK:
            raise
        sys.exit(
            f"\nemofusion: {DISK[error.errno]} ({error.filename or path}). Mend that and start the "
            "workflow again: what is finished stays\n"
        )
    except Exception:
        logging.exception("the job failed")
        raise
