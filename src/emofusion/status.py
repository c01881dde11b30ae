"""The state of every run of a configuration, from the files that its jobs leave."""

import csv
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from emofusion.plan import Plan, System, configured_runs
from emofusion.runs import CHECKPOINT, RUN, RunKey, is_finished, job_logs

State = Literal["finished", "running", "failed", "missing"]
STATES: tuple[State, ...] = get_args(State)
TAIL = 20_000
"""Bytes at the end of a log that are read; a check of one seed takes about 250."""
SHORTEST_INTERVAL = 10.0
"""Seconds; a checkpoint interval below it would call a run dead between two writes."""
RECORD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([A-Z]+) ", re.MULTILINE)


@dataclass(frozen=True)
class RunStatus:
    """The state of a run.

    Attributes:
        key: the run.
        state: "finished": all its files are there. "running": its log or checkpoint was written
            within two checkpoint intervals. "failed": its log ends in an error. "missing": none of
            these; it was not started yet, or was killed.
        log: log of its job, None if there is none.
        accuracy: accuracy at the last check on the development partition, None if unknown.
    """

    key: RunKey
    state: State
    log: Path | None = None
    accuracy: float | None = None


def read_status(plan: Plan, now: float | None = None) -> list[RunStatus]:
    """The state of every run, in the order of the configuration.

    Args:
        plan: the plan of the configuration; its missing runs are listed as well.
        now: seconds since the epoch; default: the present.
    """
    moment = time.time() if now is None else now
    logs: dict[tuple[System, int], dict[int, Path]] = {}
    statuses = []
    for key in configured_runs(plan.config, plan.config.systems()):
        if is_finished(plan.results, key):
            statuses.append(RunStatus(key, "finished"))
            continue
        system, fold = (key["model"], key["modalities"]), key["fold"]
        if (system, fold) not in logs:
            logs[system, fold] = _newest_logs(plan.results, system, fold)
        statuses.append(_unfinished(plan, key, logs[system, fold].get(key["seed"]), moment))
    return statuses


def seconds_left(plan: Plan, statuses: list[RunStatus]) -> float | None:
    """Seconds until training is done, if as many jobs run at once as do now.

    A job takes what the finished jobs of its system took on average, or those of all systems where
    its system has none. A job that runs counts as half done.

    Returns:
        0 if every run is finished; None if no job has finished, or none runs.
    """
    taken = dict(_seconds_of_jobs(plan.results))
    running = _jobs(plan, statuses, "running")
    waiting = _jobs(plan, statuses, "missing", "failed") - running
    if not waiting and not running:
        return 0.0
    if not taken or not running:
        return None
    overall = [seconds for times in taken.values() for seconds in times]
    mean = {system: sum(times) / len(times) for system, times in taken.items()}
    usual = sum(overall) / len(overall)
    work = [mean.get(system, usual) for system, _, _ in waiting]
    work += [mean.get(system, usual) / 2 for system, _, _ in running]
    return sum(work) / len(running)


def by_fold(statuses: list[RunStatus]) -> list[tuple[str, ...]]:
    """(model, modalities, fold, number of runs in each state) of each system and fold, as texts."""
    counts: dict[tuple[str, str, int], Counter[State]] = {}
    for status in statuses:
        place = (status.key["model"], status.key["modalities"], status.key["fold"])
        counts.setdefault(place, Counter())[status.state] += 1
    return [
        (*map(str, place), *(str(count[state] or "-") for state in STATES))
        for place, count in counts.items()
    ]


def _jobs(
    plan: Plan, statuses: list[RunStatus], *states: State
) -> set[tuple[System, int, tuple[int, ...]]]:
    """(system, fold, seeds) of the jobs with a run in one of some states."""
    chunk = {seed: tuple(seeds) for seeds in plan.seed_chunks() for seed in seeds}
    keys = [status.key for status in statuses if status.state in states]
    return {((key["model"], key["modalities"]), key["fold"], chunk[key["seed"]]) for key in keys}


def _seconds_of_jobs(results: Path) -> Iterator[tuple[System, list[float]]]:
    """Seconds of the finished training jobs of each system."""
    for folder in sorted((results / "benchmarks/train").glob("*/*")):
        times = []
        for path in folder.glob("*.tsv"):
            with path.open(newline="", encoding="utf-8") as file:
                times += [float(row["s"]) for row in csv.DictReader(file, delimiter="\t")]
        if times:
            yield (folder.parent.name, folder.name), times


def _newest_logs(results: Path, system: System, fold: int) -> dict[int, Path]:
    """{seed: its newest log}"""
    logs = job_logs(results, system, fold)
    return {seed: log for log in sorted(logs, key=_written) for seed in logs[log]}


def _unfinished(plan: Plan, key: RunKey, log: Path | None, now: float) -> RunStatus:
    if log is None:
        return RunStatus(key, "missing")
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL))
        text = file.read().decode("utf-8", "replace")
    accuracy = _last_accuracy(text, key["seed"])
    records = RECORD.findall(text)
    if records and records[-1] in ("ERROR", "CRITICAL"):
        return RunStatus(key, "failed", log, accuracy)
    logs = job_logs(plan.results, (key["model"], key["modalities"]), key["fold"])
    # The checkpoint is in the folder of the job's first seed.
    folders = [plan.results / RUN.format(**{**key, "seed": seed}) for seed in logs[log]]
    touched = max(_written(path) for path in (log, *(f / CHECKPOINT for f in folders)))
    patience = 2 * max(plan.config.checkpoint_seconds, SHORTEST_INTERVAL)
    return RunStatus(key, "running" if now - touched <= patience else "missing", log, accuracy)


def _last_accuracy(text: str, seed: int) -> float | None:
    found = re.findall(rf"seed {seed}: Check\(.*?dev_accuracy=([\d.]+)", text)
    return float(found[-1]) if found else None


def _written(path: Path) -> float:
    """Seconds since the epoch when a file was last written; 0 if it is not there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
