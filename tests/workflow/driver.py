"""The workflow in a copy of the repository."""

import atexit
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "rules", "workflow_scripts", "profiles", "protocols", "envs")

FIGURES = {
    f"draw_{name}": 1 for name in ("confusion", "curves", "forest", "classes", "spread", "pareto")
}
TABLES = {f"set_{name}": 1 for name in ("table1", "tests", "equivalence", "reproduction", "cost")}
PAGE = {"explorer": 1}
AGGREGATION = (
    {"all": 1, "score": 1, "cost": 1, "compare": 1, "compare_with_paper": 1}
    | TABLES
    | FIGURES
    | PAGE
)
"""What follows when any run changes."""


def copy_repository(folder, *more):
    """What the workflow needs of the repository, to be run and changed elsewhere."""
    for name in (*PARTS, *more):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)


@cache
def warm_python():
    """An interpreter whose starts cost nothing: warm.py."""
    folder = Path(tempfile.mkdtemp())
    address, launcher = folder / "socket", folder / "python"
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("warm.py"), address, launcher],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    @atexit.register
    def end():
        server.communicate()
        shutil.rmtree(folder)

    assert server.stdout.readline() == b"ready\n", "warm.py did not start"
    return launcher


def snakemake(folder, *arguments, check=True, env=None, python=None):
    """Run the workflow in a copy of the repository; returns what it prints.

    Its processes, and those of its jobs, are forks of one interpreter. They hash texts alike; with
    `python=sys.executable` all are new ones, as a user's are.
    """
    done = subprocess.run(
        [python or warm_python(), "-m", "snakemake", "--cores", "2", *map(str, arguments)],
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
