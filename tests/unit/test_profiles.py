"""Profiles: machines differ, safety does not; short jobs share a job of SLURM."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROFILES = {path.parent.name: path for path in ROOT.glob("profiles/*/config.yaml")}
MINUTES = {"m": 1, "h": 60}
RULES = "\n".join(path.read_text() for path in sorted(ROOT.glob("rules/*.smk")))


def settings(profile):
    return yaml.safe_load(PROFILES[profile].read_text())


def run_times():
    """{rule: minutes} of the rules that bear a name; those of training are heavy."""
    found = {}
    for block in re.split(r"^ *rule (?=\w)", RULES, flags=re.M)[1:]:
        time = re.search(r'runtime=growing\((\d+), "([mh])"\)', block)
        if time or "script:" in block:  # a target does nothing itself
            found[block.partition(":")[0]] = int(time[1]) * MINUTES[time[2]]
    return found


@pytest.mark.parametrize("key", ["rerun-triggers", "rerun-incomplete", "max-checksum-file-size"])
def test_what_safety_rests_on_is_the_same_in_every_profile(key):
    assert {"default", "slurm"} <= PROFILES.keys()
    assert all(settings(name)[key] == settings("default")[key] for name in PROFILES)


def test_memory_and_time_of_every_rule_grow_with_its_attempts():
    assert re.findall(r"^ +(?:mem|runtime)=(?!growing\().*", RULES, re.M) == []


def test_rules_of_half_an_hour_and_less_share_a_job_of_slurm():
    short = {name for name, minutes in run_times().items() if minutes <= 30}
    assert short <= settings("slurm")["groups"].keys()


def test_the_slurm_profile_names_rules_that_there_are():
    assert settings("slurm")["groups"].keys() <= run_times().keys()
