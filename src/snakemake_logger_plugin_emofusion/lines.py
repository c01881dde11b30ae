"""Progress as plain lines, for output that is not a terminal."""

import time
from collections.abc import Sequence
from typing import TextIO

from emofusion.progress import Progress, clock

SUMMARY_SECONDS = 300.0


class Lines:
    """One line per finished job, and every few minutes a summary.

    Args:
        stream: where lines go.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.summarised = time.monotonic()

    def message(self, text: str) -> None:
        """Print a text."""
        print(text, file=self.stream, flush=True)

    def update(self, progress: Progress, running: Sequence[str]) -> None:
        """Print a summary if the last is some minutes old."""
        now = time.monotonic()
        if now - self.summarised >= SUMMARY_SECONDS:
            self.summarised = now
            self.message(f"{time.strftime('%H:%M:%S')}  {summary(progress, now)}")

    def finished(self, progress: Progress, text: str, seconds: float) -> None:
        """Print a line."""
        count = f"{sum(progress.done.values())}/{sum(progress.total.values())}"
        self.message(f"{time.strftime('%H:%M:%S')}  {count:>9}  {text} ({seconds:.1f} s)")

    def close(self) -> None:
        """Nothing is left to do."""


def summary(progress: Progress, now: float) -> str:
    """Stages, elapsed time and time left on one line.

    Args:
        progress: progress of the workflow.
        now: seconds, of the clock that `progress` uses.
    """
    stages = [f"{name} {done}/{total}" for name, (done, total) in progress.stages().items()]
    left = progress.left(now)
    remaining = "time left unknown" if left is None else f"about {clock(left)} left"
    return f"{', '.join(stages)}; {clock(now - progress.began)} elapsed, {remaining}"
