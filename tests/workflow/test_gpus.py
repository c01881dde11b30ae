"""How many jobs compute on this machine's GPUs at a time."""

import subprocess
import sys

from driver import ROOT

START = """
import sys
from pathlib import Path
import emofusion.gpus
from snakemake.cli import main
from snakemake.workflow import Workflow

folder, *options = sys.argv[1:]
emofusion.gpus.DEVICES = Path(folder)
Workflow.register_resource = lambda self, name, value: print("LIMIT", name, value)
main(["--configfile", "protocols/demo.yaml", "--quiet", "all", "--dry-run", *options])
"""
TARGET = ["--", "results/demo/synthetic/glove.txt"]


def limits(folder, *options):
    """What the workflow itself sets in a dry run."""
    command = [sys.executable, "-c", START, str(folder), *options, *TARGET]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith("LIMIT")]


def test_a_machine_s_gpus_take_a_job_each_unless_the_user_or_a_scheduler_decides(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ("nvidia0", "nvidia1", "nvidiactl"):
        (tmp_path / name).touch()
    assert limits(tmp_path, "--cores", "8") == ["LIMIT gpu 2"]
    assert limits(tmp_path, "--cores", "8", "--resources", "gpu=5") == []
    assert limits(tmp_path, "--workflow-profile", "profiles/slurm") == []
