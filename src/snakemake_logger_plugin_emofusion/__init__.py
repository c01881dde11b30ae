"""Show the workflow's progress; the profiles select this logger.

A terminal shows stages with their progress, the running jobs and the time left; other outputs get
one line per finished job. `--logger-emofusion-off` and dry runs print Snakemake's own output.
Snakemake finds logger plugins only as top-level modules with a name like this.
"""

import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

from emofusion.progress import Progress, earlier_seconds

LOG_LINES = 15
"""Lines at the end of a failed job's log that are shown."""
HIDDEN = (
    "host:",
    "Config file",
    "Assuming",
    "Using shell",
    "Provided",
    "Rules claiming",
    "Conda environments: ignored",
)
"""Beginnings of messages that are hidden before the first job starts."""
SHOWN = ("Complete log", "Trying to restart")
"""Beginnings of messages that are shown while jobs run, in addition to warnings."""
EXIT_STATUS = "CalledProcessError"
"""An error with this text is hidden: it only says that a script failed; the log says why."""


class View(Protocol):
    """Where progress is shown."""

    def message(self, text: str) -> None:
        """Show a text that stays."""

    def update(self, progress: Progress, running: Sequence[str]) -> None:
        """Show how far the work is, and the messages of the running jobs."""

    def finished(self, progress: Progress, text: str, seconds: float) -> None:
        """Say that a job has finished."""

    def close(self) -> None:
        """Stop."""


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Options of the command line; each begins with --logger-emofusion-."""

    off: bool = field(default=False, metadata={"help": "Print what Snakemake itself prints."})


class LogHandler(LogHandlerBase):
    """Turns Snakemake's events into progress; the view that suits the output shows it."""

    def __post_init__(self) -> None:
        off = getattr(self.settings, "off", False)
        self.off = bool(self.common_settings.dryrun or off)
        self.progress: Progress | None = None
        self.messages: dict[int, str] = {}
        self.view = self._view()

    @property
    def writes_to_stream(self) -> bool:
        """Whether this handler prints; if not, Snakemake adds its default handler."""
        return not self.off

    @property
    def writes_to_file(self) -> bool:
        """False: Snakemake itself writes the full log below .snakemake/log."""
        return False

    @property
    def has_filter(self) -> bool:
        """False: Snakemake then adds its own filter, which obeys --quiet."""
        return False

    @property
    def has_formatter(self) -> bool:
        """False: messages are printed without a formatter of this plugin."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """False: the rule graph is not used."""
        return False

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record."""
        if self.off:
            return
        try:
            self._take(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.view.close()
        super().close()

    def _view(self) -> View:
        from snakemake_logger_plugin_emofusion.lines import Lines

        stream = sys.stdout if self.common_settings.stdout else sys.stderr
        if not stream.isatty() or self.off:
            return Lines(stream)
        try:
            from snakemake_logger_plugin_emofusion.live import LiveView
        except ImportError:  # an environment without rich
            return Lines(stream)
        return LiveView(stream, colour=not self.common_settings.nocolor)

    def _take(self, record: logging.LogRecord) -> None:
        event, given = getattr(record, "event", None), record.__dict__
        match event:
            case LogEvent.RUN_INFO:
                self._begin(given["stats"])
            case LogEvent.JOB_INFO:
                self._start(given)
            case LogEvent.JOB_FINISHED:
                self._finish(given["job_id"])
            case LogEvent.JOB_ERROR:
                self._fail(given)
            case None | LogEvent.ERROR:
                text = record.getMessage()
                if EXIT_STATUS in text:
                    return
                shown = text.startswith(SHOWN) if self.progress else not text.startswith(HIDDEN)
                if record.levelno >= logging.WARNING or shown:
                    self.view.message(text)
        if self.progress:
            self.view.update(self.progress, list(self.messages.values()))

    def _begin(self, stats: dict[str, int]) -> None:
        jobs = {rule: count for rule, count in stats.items() if rule != "total"}
        self.progress = Progress(jobs, began=time.monotonic())

    def _start(self, given: dict[str, Any]) -> None:
        if self.progress is None:
            return
        benchmark = str(given["benchmark"] or "")
        before, found, _ = benchmark.rpartition("benchmarks/")
        if found and not self.progress.earlier:
            self.progress.earlier = earlier_seconds(Path(before, found))
        self.progress.start(given["jobid"], given["rule_name"], time.monotonic())
        if given["output"]:  # a target has none
            self.messages[given["jobid"]] = given["rule_msg"] or given["rule_name"]

    def _finish(self, job: int) -> None:
        text = self.messages.pop(job, "")
        seconds = self.progress.finish(job, time.monotonic()) if self.progress else None
        if self.progress and seconds is not None and text:
            self.view.finished(self.progress, text, seconds)

    def _fail(self, given: dict[str, Any]) -> None:
        if self.progress:
            self.progress.fail(given["jobid"])
        text = self.messages.pop(given["jobid"], given["rule_msg"] or given["rule_name"])
        lines = [f"FAILED: {text}"]
        for log in given["log"] or []:
            lines += [f"  the end of {log}:", *(f"    {line}" for line in _tail(Path(log)))]
        self.view.message("\n".join(lines))


def _tail(log: Path) -> list[str]:
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return ["(there is no log)"]
