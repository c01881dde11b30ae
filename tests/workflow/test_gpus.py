"""How many jobs compute on this machine's GPUs at a time."""

import re
import subprocess
import sys

from driver import ROOT

START = """
import sys
from pathlib import Path
import emofusion.gpus
from snakemake.cli import main
from snakemake.workflow import Workflow

def include_and_tell(self, *arguments, **options):
    include(self, *arguments, **options)
    print("LIMIT", self.global_resources["gpu"] if "gpu" in self.global_resources else None)

folder, *options = sys.argv[1:]
emofusion.gpus.DEVICES = Path(folder)
include, Workflow.include = Workflow.include, include_and_tell
main(["--configfile", "protocols/demo.yaml", "--quiet", "all", "--dry-run", *options])
"""
TARGET = ["--", "results/demo/synthetic/glove.txt"]


def limit(folder, *options):
    """The most GPUs that a dry run would use at a time, as Snakemake prints it."""
    command = [sys.executable, "-c", START, str(folder), *options, *TARGET]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    *_, last = re.findall(r"^LIMIT (.*)$", done.stdout, re.M)
    return None if last == "None" else int(re.search(r"\d+", last)[0])


def test_a_machine_s_gpus_take_a_job_each_unless_the_user_or_a_scheduler_decides(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ("nvidia0", "nvidia1", "nvidiactl"):
        (tmp_path / name).touch()
    assert limit(tmp_path, "--cores", "8") == 2
    assert limit(tmp_path, "--cores", "8", "--resources", "gpu=5") == 5
    assert limit(tmp_path, "--workflow-profile", "profiles/slurm") is None
