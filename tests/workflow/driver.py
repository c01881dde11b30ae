"""The workflow in a copy of the repository."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "rules", "workflow_scripts", "profiles", "protocols", "envs")

FIGURES = {"confusion": 1, "curves": 1, "forest": 1, "classes": 1, "spread": 1}
TABLES = {"table1": 1, "tests": 1, "equivalence": 1, "reproduction": 1}
AGGREGATION = {"all": 1, "score": 1, "compare": 1, "reproduce": 1} | TABLES | FIGURES
"""What follows when any run changes."""


def copy_repository(folder, *more):
    """What the workflow needs of the repository, to be run and changed elsewhere."""
    for name in (*PARTS, *more):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)


def snakemake(folder, *arguments, check=True, env=None):
    """Run the workflow in a copy of the repository; returns what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def jobs(text):
    """{rule: jobs} of a dry run; empty when nothing is to be done."""
    table = text.partition("Job stats:")[2].partition("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}
