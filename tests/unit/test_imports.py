"""What a job imports: the contracts of pyproject.toml, seen at run time."""

import subprocess
import sys

HEAVY = {
    "pandas", "sklearn", "scipy", "statsmodels", "librosa", "soundfile", "torchvision", "av",
    "matplotlib", "pydantic", "yaml", "typer", "rich", "nltk", "snakemake", "numba", "PIL",
    "opensmile", "espeakng_loader",
}  # fmt: skip


def imported(code):
    """Which of the heavy packages a fresh interpreter has after some code."""
    found = f"import sys\n{code}\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_training_job_imports_no_heavier_package_than_torch():
    code = (
        "from emofusion.joblog import job_log\n"
        "from emofusion.training.run import train_runs\n"
        "from emofusion.models import build_model, registry\n"
        "for name, entry in registry().items():\n"
        "    build_model(name, entry.sets()[-1])\n"
    )
    assert imported(code) == []


def test_a_registry_is_read_without_importing_what_it_finds():
    code = (
        "from emofusion.registry import KINDS, find\n"
        "assert all(find(kind) for kind in KINDS)\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules\n"
    )
    assert imported(code) == []
