"""What the logger plugin makes of Snakemake's events."""

import io
import logging
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from emofusion.progress import Progress
from snakemake_logger_plugin_emofusion import LogHandler, LogHandlerSettings
from snakemake_logger_plugin_emofusion.lines import summary


@pytest.fixture
def stream(monkeypatch):
    """Standard error that is not a terminal."""
    text = io.StringIO()
    monkeypatch.setattr("sys.stderr", text)
    return text


@pytest.fixture
def handler(stream):
    settings = SimpleNamespace(stdout=False, dryrun=False, nocolor=False)
    return LogHandler(settings, None)


def send(handler, event=None, text="", level=logging.INFO, **given):
    record = logging.LogRecord("snakemake", level, "", 0, text, None, None)
    record.__dict__.update(given | ({"event": event} if event else {}))
    handler.emit(record)


def start(handler, job, rule="score", message="Score every run", output=("runs.csv",), log=()):
    given = {"jobid": job, "rule_name": rule, "rule_msg": message, "output": output}
    send(handler, LogEvent.JOB_INFO, **given, benchmark=None, log=log, reason="Missing files")


def test_a_finished_job_is_one_line_without_reasons(handler, stream):
    send(handler, LogEvent.RUN_INFO, stats={"score": 1, "all": 1, "total": 2})
    start(handler, 1)
    start(handler, 0, "all", None, output=())
    send(handler, LogEvent.JOB_FINISHED, job_id=1)
    send(handler, LogEvent.JOB_FINISHED, job_id=0)
    [line] = stream.getvalue().splitlines()
    assert line[8:].startswith("        1/2  Score every run (0.")


def test_a_failure_is_shown_with_the_end_of_its_log(handler, stream, tmp_path):
    log = tmp_path / "score.log"
    log.write_text("".join(f"line {number}\n" for number in range(20)))
    send(handler, LogEvent.RUN_INFO, stats={"score": 1, "total": 1})
    start(handler, 1)
    given = {"jobid": 1, "rule_name": "score", "rule_msg": "Score every run", "log": [str(log)]}
    send(handler, LogEvent.JOB_ERROR, level=logging.ERROR, **given)
    lines = stream.getvalue().splitlines()
    assert lines[:3] == ["FAILED: Score every run", f"  the end of {log}:", "    line 5"]
    assert lines[-1] == "    line 19"


def test_what_snakemake_says_without_jobs_is_shown_but_for_the_usual_start(handler, stream):
    send(handler, text="Provided cores: 2")
    send(handler, text="Nothing to be done (all requested files are present).")
    assert stream.getvalue().splitlines() == [
        "Nothing to be done (all requested files are present)."
    ]


def test_while_jobs_run_warnings_are_shown_and_other_chatter_is_not(handler, stream):
    send(handler, LogEvent.RUN_INFO, stats={"score": 1, "total": 1})
    send(handler, text="Select jobs to execute...")
    send(handler, text="RuleException:\nCalledProcessError in file", level=logging.ERROR)
    send(handler, text="the disk is full", level=logging.WARNING)
    assert stream.getvalue().splitlines() == ["the disk is full"]


@pytest.mark.parametrize(("dryrun", "off"), [(True, False), (False, True)])
def test_snakemake_s_own_output_takes_its_place(stream, dryrun, off):
    settings = SimpleNamespace(stdout=False, dryrun=dryrun, nocolor=False)
    handler = LogHandler(settings, LogHandlerSettings(off=off))
    send(handler, text="the disk is full", level=logging.WARNING)
    assert not handler.writes_to_stream  # so that Snakemake adds its own
    assert stream.getvalue() == ""


def test_durations_of_an_earlier_call_are_found_beside_the_benchmark_of_a_job(handler, tmp_path):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/score.tsv").write_text("s\tmax_rss\n2.5\t1\n")
    send(handler, LogEvent.RUN_INFO, stats={"score": 1, "total": 1})
    given = {"jobid": 1, "rule_name": "compare", "rule_msg": "Compare", "output": ["a"]}
    benchmark = str(tmp_path / "benchmarks/compare.tsv")
    send(handler, LogEvent.JOB_INFO, **given, benchmark=benchmark, log=[])
    assert handler.progress.earlier == {"score": 2.5}


def test_a_summary_has_stages_elapsed_time_and_time_left():
    progress = Progress(
        {"score": 2, "extract_vision": 1}, began=0.0, earlier={"score": 30, "vision": 60}
    )
    progress.start(1, "extract_vision", 0.0)
    progress.finish(1, 60.0)
    assert summary(progress, 60.0) == (
        "features 1/1, evaluation 0/2; 1:00 elapsed, about 1:00 left"
    )
