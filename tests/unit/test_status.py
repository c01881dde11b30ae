"""Where every run stands, from made-up logs and files."""

import os
from pathlib import Path

import pytest
import yaml

from emofusion.cli.app import main
from emofusion.config.loading import load_config, merge
from emofusion.plan import RUN_FILES, Plan, run_file
from emofusion.status import by_fold, read_status, seconds_left

ROOT = Path(__file__).parents[2]
NOW = 1_000_000.0
CHECK = "2026-11-26 08:00:00,000 INFO seed {}: Check(epoch=1.0, dev_loss=1.0, dev_accuracy={})\n"
ERROR = "2026-11-26 08:00:01,000 ERROR the job failed\nTraceback (most recent call last):\n"


@pytest.fixture
def plan(tmp_path):
    """self on t, fold 1, seeds 1 to 3, one a job, a checkpoint every 30 s."""
    files = ("config.yaml", "protocols/demo.yaml")
    raw = merge(yaml.safe_load((ROOT / path).read_text()) for path in files)
    given = {"models": ["self"], "modalities": ["t"], "table2": [], "folds": [1]}
    given |= {"seeds": [1, 2, 3], "seeds_per_job": 1, "checkpoint_seconds": 30}
    return Plan(load_config(merge([raw, given])), tmp_path)


def write(path, text, age=0.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (NOW - age, NOW - age))


def log(plan, job):
    return plan.results / f"logs/train/self/t/fold1_seed_{job}.log"


def states(plan):
    return [status.state for status in read_status(plan, NOW)]


def finish(plan, seed):
    key = {"model": "self", "modalities": "t", "fold": 1, "seed": seed}
    for name in RUN_FILES:
        write(plan.results / run_file(key, name), "")


def test_runs_without_files_are_missing(plan):
    assert states(plan) == ["missing"] * 3


def test_a_run_with_all_its_files_is_finished_whatever_its_log_says(plan):
    finish(plan, 1)
    write(log(plan, "1"), ERROR)
    assert states(plan) == ["finished", "missing", "missing"]


@pytest.mark.parametrize(("age", "state"), [(59, "running"), (61, "missing")])
def test_a_log_written_within_two_checkpoint_intervals_is_of_a_running_run(plan, age, state):
    write(log(plan, "2"), CHECK.format(2, 0.5), age)
    found = read_status(plan, NOW)[1]
    assert (found.state, found.accuracy, found.log) == (state, 0.5, log(plan, "2"))


def test_a_young_checkpoint_shows_that_a_run_with_an_old_log_is_running(plan):
    write(log(plan, "1"), CHECK.format(1, 0.5), 1000)
    write(plan.results / "runs/self/t/fold1_seed1/checkpoint.pt", "", 10)
    assert states(plan)[0] == "running"


def test_a_log_that_ends_in_an_error_is_of_a_failed_run(plan):
    write(log(plan, "1"), CHECK.format(1, 0.5) + ERROR)
    write(log(plan, "2"), ERROR + CHECK.format(2, 0.5))  # an error that the job survived
    assert states(plan) == ["failed", "running", "missing"]


def test_the_last_check_of_each_seed_is_read_from_the_log_of_the_job_that_they_share(plan):
    checks = [(1, 0.1), (3, 0.3), (1, 0.2)]
    write(log(plan, "1_3"), "".join(CHECK.format(*check) for check in checks))
    assert [status.accuracy for status in read_status(plan, NOW)] == [0.2, None, 0.3]


def test_the_newest_log_of_a_seed_counts(plan):
    write(log(plan, "1_2"), ERROR, 20)
    write(log(plan, "1"), CHECK.format(1, 0.5), 10)
    assert states(plan) == ["running", "failed", "missing"]


def test_time_left_counts_a_running_job_as_half_done(plan):
    finish(plan, 1)
    write(plan.results / "benchmarks/train/self/t/fold1_seed_1.tsv", "s\tmax_rss\n10.0\t1\n")
    write(log(plan, "2"), CHECK.format(2, 0.5))
    assert seconds_left(plan, read_status(plan, NOW)) == 15  # 10 / 2 and 10, one job at a time


def test_time_left_is_unknown_where_nothing_runs_or_nothing_has_finished(plan):
    assert seconds_left(plan, read_status(plan, NOW)) is None
    write(log(plan, "2"), CHECK.format(2, 0.5))
    assert seconds_left(plan, read_status(plan, NOW)) is None


def test_no_time_is_left_where_every_run_is_finished(plan):
    for seed in (1, 2, 3):
        finish(plan, seed)
    assert seconds_left(plan, read_status(plan, NOW)) == 0


def test_runs_are_counted_by_system_fold_and_state(plan):
    finish(plan, 1)
    write(log(plan, "2"), ERROR)
    assert by_fold(read_status(plan, NOW)) == [("self", "t", "1", "1", "-", "1", "1")]


def test_the_command_prints_counts_and_the_log_of_a_failed_run(plan, capsys):
    finish(plan, 1)
    write(log(plan, "2"), CHECK.format(2, 0.5) + ERROR)
    given = ["results=" + str(plan.results), "models=[self]", "modalities=[t]", "table2=[]"]
    given += ["folds=[1]", "seeds=[1,2,3]", "seeds_per_job=1"]
    assert main(["status", str(ROOT / "protocols/demo.yaml"), "--config", *given]) == 0
    printed = capsys.readouterr().out
    assert "1 finished, 0 running, 1 failed, 1 missing; training time left: unknown" in printed
    assert printed.splitlines()[-1].split() == [
        *["self/t", "fold", "1", "seed", "2", "failed", "0.500"],
        str(log(plan, "2")),
    ]
