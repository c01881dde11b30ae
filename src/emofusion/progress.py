"""How far a workflow is, and how long it will still take, from the jobs that have finished."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STAGES = {
    "corpus": "synthesize synthesize_glove read_prepared parse probe select rate count_votes "
    "check_counts split",
    "features": "extract join text adopt convert_prepared",
    "training": "train_seed",
    "evaluation": "leakage score floors humans cost compare test_published compare_with_paper",
    "report": "set draw explorer report_tex report_pdf",
}
"""{stage: its rules}, in the order of the work; targets such as `all` belong to none."""

MADE_IN_LOOPS = {"train_seed": "train", "extract": "{}", "set": "tables/{}", "draw": "figures/{}"}
"""{start of the names of rules that are made in a loop: the kind of their jobs}.

{} stands for the rest of the rule's name: the jobs of draw_classes are of the kind figures/classes.
"""

USUAL = {"train": 10.0, "vision": 20.0, "synthesize": 8.0, "audio": 6.0, "figures/attention": 7.0}
"""Seconds of a job before one of its kind has been seen; only the ratios matter."""
USUAL_OTHER = 2.0

_STAGE = {name: stage for stage, names in STAGES.items() for name in names.split()}
_LOOP = re.compile(rf"(?:^|_)({'|'.join(MADE_IN_LOOPS)})_(\w+)$")


def _named(rule: str) -> tuple[str, str]:
    """The name of a rule in `STAGES`, without a module's prefix, and the kind of its jobs."""
    known = [name for name in _STAGE if rule == name or rule.endswith(f"_{name}")]
    if known:
        name = max(known, key=len)
        return name, name
    if loop := _LOOP.search(rule):
        return loop[1], MADE_IN_LOOPS[loop[1]].format(loop[2])
    return rule, rule


def kind_of(rule: str) -> str:
    """The kind of a rule's jobs: all rules that train are one; a module's prefix does not count."""
    return _named(rule)[1]


def stage_of(rule: str) -> str | None:
    """The stage of a rule, None for targets and rules of other workflows."""
    return _STAGE.get(_named(rule)[0])


@dataclass
class Progress:
    """The jobs of one call of the workflow; times in seconds of one clock.

    Attributes:
        total: jobs of each rule.
        began: when Snakemake had planned the jobs, before the first one started.
        done: finished jobs of each rule.
        running: {job: (its rule, when it started)}.
        seconds: durations of the finished jobs of each kind.
        earlier: mean duration of each kind in an earlier call.
    """

    total: Mapping[str, int]
    began: float
    done: dict[str, int] = field(default_factory=dict)
    running: dict[int, tuple[str, float]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    earlier: Mapping[str, float] = field(default_factory=dict)

    def start(self, job: int, rule: str, now: float) -> None:
        """Record that a job has started; a job that is started again begins anew."""
        self.running[job] = (rule, now)

    def finish(self, job: int, now: float) -> float | None:
        """Record that a job has finished; returns its seconds, None if it was not running."""
        if job not in self.running:
            return None
        rule, started = self.running.pop(job)
        self.done[rule] = self.done.get(rule, 0) + 1
        self.seconds.setdefault(kind_of(rule), []).append(now - started)
        return now - started

    def fail(self, job: int) -> None:
        """Record that a job has failed: it may be started again."""
        self.running.pop(job, None)

    def stages(self) -> dict[str, tuple[int, int]]:
        """{stage: (done, total)} of the stages that have jobs, in the order of the work."""
        counts = {}
        for stage in STAGES:
            rules = [rule for rule in self.total if stage_of(rule) == stage]
            if rules:
                done = sum(self.done.get(rule, 0) for rule in rules)
                counts[stage] = (done, sum(self.total[rule] for rule in rules))
        return counts

    def left(self, now: float) -> float | None:
        """Seconds until the end, None before a job has finished and none is known from before.

        Each job counts with the mean duration of its kind in this call, else in an earlier call,
        else with an estimate from `USUAL`, scaled to the kinds already measured. The sum is divided
        by the average number of jobs that ran at the same time so far.
        """
        if not self.seconds and not self.earlier:
            return None
        work = 0.0
        for rule, total in self.total.items():
            if stage_of(rule) is None:
                continue
            ages = [now - started for rule_of, started in self.running.values() if rule_of == rule]
            mean = self._mean(kind_of(rule))
            waiting = total - self.done.get(rule, 0) - len(ages)
            work += max(waiting, 0) * mean + sum(max(mean - age, 0.0) for age in ages)
        return work / self._side_by_side(now)

    def _mean(self, kind: str) -> float:
        if kind in self.seconds:
            return sum(self.seconds[kind]) / len(self.seconds[kind])
        if kind in self.earlier:
            return self.earlier[kind]
        seen = {k: sum(times) / len(times) for k, times in self.seconds.items()} or self.earlier
        usual = sum(_usual(k) for k in seen)
        return _usual(kind) * sum(seen.values()) / usual

    def _side_by_side(self, now: float) -> float:
        busy = sum(sum(times) for times in self.seconds.values())
        busy += sum(now - started for _, started in self.running.values())
        return max(busy / (now - self.began), 1.0) if now > self.began else 1.0


def _usual(kind: str) -> float:
    return USUAL.get(kind, USUAL_OTHER)


def earlier_seconds(benchmarks: Path) -> dict[str, float]:
    """Mean seconds of each kind of job in an earlier call, from the files in `benchmarks/`.

    A file's place names its kind: `score.tsv`, `vision/session1.tsv`, `tables/table1.tsv`.
    """
    times: dict[str, list[float]] = {}
    for path in sorted(benchmarks.rglob("*.tsv")):
        place = path.relative_to(benchmarks)
        whole = place.parts[0] in ("tables", "figures")
        kind = place.with_suffix("").as_posix() if whole else place.parts[0].removesuffix(".tsv")
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                times.setdefault(kind, []).append(float(row["s"]))
    return {kind: sum(values) / len(values) for kind, values in times.items()}


def clock(seconds: float) -> str:
    """For example "0:07", "12:30", "3:05:00"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
