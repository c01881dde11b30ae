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


def rules():
    """(minutes, group) of each rule that does work; None for minutes that are worked out."""
    for block in re.split(r"^ *rule\b", RULES, flags=re.M)[1:]:
        time = re.search(r'runtime=growing\((\d+), "([mh])"\)', block)
        group = re.search(r'group:\s+"(\w+)"', block)
        if "script:" in block:  # a target does nothing itself
            yield time and int(time[1]) * MINUTES[time[2]], group and group[1]


@pytest.mark.parametrize("key", ["rerun-triggers", "rerun-incomplete", "max-checksum-file-size"])
def test_what_safety_rests_on_is_the_same_in_every_profile(key):
    assert {"default", "slurm"} <= PROFILES.keys()
    assert all(settings(name)[key] == settings("default")[key] for name in PROFILES)


def test_memory_and_time_of_every_rule_grow_with_its_attempts():
    assert re.findall(r"^ +(?:mem|runtime)=(?!growing\().*", RULES, re.M) == []


def test_rules_of_half_an_hour_and_less_share_a_job_of_slurm():
    short = [group for minutes, group in rules() if minutes and minutes <= 30]
    assert len(short) > 15
    assert None not in short


def test_the_slurm_profile_names_groups_that_there_are():
    assert settings("slurm")["group-components"].keys() <= {group for _, group in rules()}
