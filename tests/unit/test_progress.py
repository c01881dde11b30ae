"""Stages and remaining time, with durations that can be added up by hand."""

import re
from pathlib import Path

import pytest

from emofusion.progress import Progress, clock, earlier_seconds, kind_of, stage_of

ROOT = Path(__file__).parents[2]


def test_every_rule_of_the_workflow_that_does_work_has_a_stage():
    text = "\n".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    rules = re.findall(r"^ *rule (\w+):", text, re.MULTILINE)
    assert [rule for rule in rules if stage_of(rule) is None] == ["report"]  # a target
    assert len(rules) > 18


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("train_seed_1_2", "train"),
        ("emofusion_train_seed_3", "train"),
        ("emofusion_test_published", "test_published"),
        ("set_tests", "tables/tests"),
        ("emofusion_draw_forest", "figures/forest"),
        ("extract_vision", "vision"),
        ("copy", "copy"),
    ],
)
def test_a_rule_is_known_with_its_seeds_and_with_a_module_s_prefix(rule, kind):
    assert kind_of(rule) == kind


def progress(**given):
    return Progress({"all": 1, "extract_vision": 2, "train_seed_1": 3}, began=0.0, **given)


def test_stages_count_the_jobs_that_are_done_and_leave_targets_out():
    jobs = progress()
    jobs.start(1, "extract_vision", 0.0)
    assert jobs.finish(1, 4.0) == 4.0
    assert jobs.stages() == {"features": (1, 2), "training": (0, 3)}


def test_nothing_is_said_of_the_time_left_before_a_job_was_seen():
    assert progress().left(10.0) is None


def test_unseen_jobs_are_weighed_by_their_usual_ratio_to_those_seen():
    jobs = progress()
    jobs.start(1, "extract_vision", 0.0)
    jobs.finish(1, 4.0)
    # A vision job took 4 s where 20 are usual, so a training takes 10 * 4 / 20 = 2: 4 + 3 * 2.
    assert jobs.left(4.0) == pytest.approx(10.0)


def test_work_is_divided_by_the_jobs_that_ran_side_by_side():
    jobs = progress(earlier={"vision": 4.0, "train": 6.0})
    for job in (1, 2):
        jobs.start(job, "extract_vision", 0.0)
        jobs.finish(job, 4.0)
    assert jobs.left(4.0) == pytest.approx(9.0)  # 3 * 6 on two at once


def test_a_running_job_counts_with_what_is_left_of_it():
    jobs = progress(earlier={"vision": 4.0, "train": 6.0})
    jobs.start(1, "extract_vision", 0.0)
    assert jobs.left(1.0) == pytest.approx(3.0 + 4.0 + 3 * 6.0)
    assert jobs.left(9.0) == pytest.approx(0.0 + 4.0 + 3 * 6.0)


def test_a_failed_job_is_work_again():
    jobs = progress(earlier={"vision": 4.0, "train": 6.0})
    jobs.start(1, "extract_vision", 0.0)
    jobs.fail(1)
    assert jobs.left(2.0) == pytest.approx(2 * 4.0 + 3 * 6.0)
    assert jobs.finish(1, 3.0) is None


def test_earlier_durations_are_the_means_of_a_kind(tmp_path):
    (tmp_path / "vision").mkdir()
    (tmp_path / "vision/session1.tsv").write_text("s\tmax_rss\n3.0\t1\n")
    (tmp_path / "vision/session2.tsv").write_text("s\tmax_rss\n5.0\t1\n")
    (tmp_path / "score.tsv").write_text("s\tmax_rss\n2.0\t1\n")
    assert earlier_seconds(tmp_path) == {"vision": 4.0, "score": 2.0}


def test_times_are_printed_as_clocks_do():
    assert [clock(seconds) for seconds in (7.2, 750, 11100)] == ["0:07", "12:30", "3:05:00"]
