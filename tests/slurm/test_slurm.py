"""The workflow on the SLURM that is here, through profiles/slurm: make test-slurm.

Results go to results/again, where .ci/run compares their predictions with those of the first demo.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RESULTS = "results/again"
QUICK = ["--slurm-init-seconds-before-status-checks", "1", "--slurm-status-command", "squeue"]
ARRAYS = ["--slurm-array-jobs", "all", "--slurm-array-limit", "25"]
ARRAYS += ["--jobs", "5000", "--max-jobs-per-timespan", "5000/1s"]


class Job(NamedTuple):
    """A job as SLURM knows it."""

    id: str
    state: str
    gpus: str
    memory: str
    rule: str


class Invocation:
    """Snakemake with the SLURM profile, and the jobs of SLURM that it made."""

    def __init__(self, log, *arguments):
        command = ["--workflow-profile", "profiles/slurm", "--cores", str(os.cpu_count())]
        command += ["--logger-emofusion-off"]  # it names the jobs of SLURM
        self.log = log
        self.jobs = {}
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *command, *QUICK, *arguments],
                cwd=ROOT, stdout=file, stderr=file,
            )  # fmt: skip

    def look(self):
        """Ask SLURM for the jobs, which it forgets some minutes after their end."""
        run = re.search(r"SLURM run ID: (\S+)", self.log.read_text())
        if run is None:
            return
        columns = "JobArrayID:40,State:20,tres-per-job:40,MinMemory:20,Comment:200"
        command = [
            "squeue",
            "--array",
            "--states=all",
            "--noheader",
            f"--name={run[1]}",
            "-O",
            columns,
        ]
        rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.jobs |= {job.id: job for job in (Job(*row.split()) for row in rows.splitlines())}

    def until(self, condition):
        """Wait until something is so."""
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            self.look()
            time.sleep(0.5)

    def end(self):
        """Wait for the end, and give Snakemake's status."""
        while self.process.poll() is None:
            self.look()
            time.sleep(2)
        self.look()
        return self.process.returncode

    def running(self):
        return [job for job in self.jobs.values() if job.state == "RUNNING"]


@pytest.fixture(scope="module", autouse=True)
def demo(tmp_path_factory):
    """The demo, from nothing."""
    shutil.rmtree(ROOT / RESULTS, ignore_errors=True)
    log = tmp_path_factory.mktemp("demo") / "log"
    overlay = ["--configfile", "protocols/demo.yaml", "--config", f"results={RESULTS}"]
    invocation = Invocation(log, *overlay)
    status = invocation.end()
    assert status == 0, log.read_text()
    return invocation


def test_every_job_goes_through_slurm(demo):
    text = demo.log.read_text()
    assert re.findall(r"^localrule (\w+):", text, re.M) == ["all"]
    assert set(re.findall(r"submitted with SLURM jobid (\d+)", text)) == demo.jobs.keys()
    assert {job.state for job in demo.jobs.values()} == {"COMPLETED"}


def kind_in(job):
    """The kind of a job, from a comment such as rule_extract_vision_wildcards_1."""
    return re.match(r"[a-z]+_(extract_[a-z]+|[a-z]+)", job.rule)[1]


def test_gpus_are_asked_for_by_training_and_vision_only(demo):
    asking = {kind_in(job) for job in demo.jobs.values() if "gpu" in job.gpus}
    others = {kind_in(job) for job in demo.jobs.values() if "gpu" not in job.gpus}
    assert asking == {"train", "extract_vision"}
    assert not asking & others


def cancel_midway(invocation, checkpoint):
    """Cancel the one job that runs, once it has saved its state."""
    start = time.time()
    invocation.until(lambda: checkpoint.exists() and checkpoint.stat().st_mtime > start)
    invocation.look()
    [job] = invocation.running()
    subprocess.run(["scancel", job.id], check=True)


def test_a_cancelled_training_job_goes_on_and_ends_as_if_it_never_was(tmp_path):
    long = {"results": RESULTS, "seeds": [7], "checkpoint_seconds": 0.1}
    long |= {"training": {"max_epochs": 40, "stop_patience": 40}}
    (tmp_path / "long.yaml").write_text(yaml.safe_dump(long))
    overlays = ["--configfile", "protocols/demo.yaml", str(tmp_path / "long.yaml")]
    runs = [f"{RESULTS}/runs/self/tva/fold{fold}_seed7" for fold in (1, 2)]
    run, other = (ROOT / path for path in runs)
    one, both = [
        ["--", *(f"{path}/predictions.csv" for path in chosen)] for chosen in (runs[:1], runs)
    ]
    log = ROOT / RESULTS / "logs/train/self/tva/fold1_seed_7.log"
    try:
        # Cancelled, tried again with twice the memory, cancelled again: the invocation gives up.
        first = Invocation(tmp_path / "first", *overlays, "--retries", "1", *one)
        cancel_midway(first, run / "checkpoint.pt")
        first.until(lambda: len(first.jobs) == 2)
        cancel_midway(first, run / "checkpoint.pt")
        assert first.end() != 0
        assert [job.memory for job in first.jobs.values()] == ["4000M", "8000M"]
        assert not (run / "predictions.csv").exists()

        assert Invocation(tmp_path / "next", *overlays, *one).end() == 0
        epoch = re.search(r"going on from epoch ([\d.]+)", log.read_text())
        assert 0 < float(epoch[1]) < 40
        resumed = (run / "predictions.csv").read_bytes()

        # Undisturbed, as a job array.
        shutil.rmtree(run)
        undisturbed = Invocation(tmp_path / "undisturbed", *overlays, *ARRAYS, *both)
        assert undisturbed.end() == 0
        assert [job.partition("_")[2] for job in sorted(undisturbed.jobs)] == ["1", "2"]
        assert "going on" not in log.read_text()
        assert (run / "predictions.csv").read_bytes() == resumed
    finally:
        shutil.rmtree(run, ignore_errors=True)
        shutil.rmtree(other, ignore_errors=True)
