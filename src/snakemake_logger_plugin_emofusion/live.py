"""Progress on a terminal, drawn with rich."""

import time
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from emofusion.progress import Progress, clock

JOBS_SHOWN = 8


class LiveView:
    """Stages, running jobs and times, drawn twice a second.

    Args:
        stream: the terminal.
        colour: whether it may have colours.
    """

    def __init__(self, stream: TextIO, colour: bool = True) -> None:
        self.console = Console(file=stream, no_color=not colour, highlight=False)
        self.live: Live | None = None
        self.progress: Progress | None = None
        self.running: Sequence[str] = ()
        self.closed = False

    def message(self, text: str) -> None:
        """Print a text above the display."""
        style = "bold red" if text.startswith("FAILED") else ""
        self.console.print(Text(text, style))

    def update(self, progress: Progress, running: Sequence[str]) -> None:
        """Store the state that the next refresh draws."""
        self.progress, self.running = progress, running
        if self.live is None:
            self.live = Live(
                console=self.console,
                refresh_per_second=2,
                get_renderable=self.draw,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self.live.start()
        if sum(progress.done.values()) == sum(progress.total.values()):
            self.close()  # before the workflow says what was made

    def finished(self, progress: Progress, text: str, seconds: float) -> None:
        """The bars show it."""

    def close(self) -> None:
        """Leave the last picture on the terminal."""
        self.closed = True
        if self.live and self.live.is_started:
            self.live.stop()

    def draw(self) -> RenderableType:
        """The display as it is now."""
        if self.progress is None:
            return Text("")
        now = time.monotonic()
        times = Text.assemble(("elapsed ", "dim"), clock(now - self.progress.began))
        if not self.closed:  # else nothing follows: the work is done, or has stopped
            left = self.progress.left(now)
            times.append("   left ", "dim")
            times.append("unknown yet" if left is None else f"about {clock(left)}")
        shown = [Text(f"  {text}", no_wrap=True, overflow="ellipsis") for text in self.running]
        more = len(shown) - JOBS_SHOWN
        rest = [Text(f"  and {more} more", "dim")] if more > 0 else []
        return Group(_bars(self.progress), times, *shown[:JOBS_SHOWN], *rest)


def _bars(progress: Progress) -> Table:
    table = Table.grid(padding=(0, 1))
    for name, (done, total) in progress.stages().items():
        bar = ProgressBar(total=total, completed=done, width=30)
        table.add_row(Text(name), bar, Text(f"{done}/{total}", justify="right"))
    return table
