"""The log of a job."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emofusion.errors import DataError


@contextmanager
def job_log(path: str) -> Iterator[None]:
    """Log a job to a file; bad input ends the job with its message instead of a traceback."""
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
    except Exception:
        logging.exception("the job failed")
        raise
