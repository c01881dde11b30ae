"""No test depends on the speed of the machine; quick ones import neither torch nor Snakemake."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parents[1]
IMPORTING = """
def test_nothing_much():
    pass

def test_a_module_that_imports_torch():
    import emofusion.training.loop

def test_that_catches_errors():
    try:
        import snakemake
    except Exception:
        pass

def test_at_the_end():
    import sys
    assert not {"torch", "snakemake"} & sys.modules.keys()
"""


def test_no_example_has_a_deadline():
    assert settings.default.deadline is None
    own = [path for path in TESTS.rglob("test_*.py") if re.search(r"\bdeadline=", path.read_text())]
    assert own == []


def quick(*arguments):
    command = [sys.executable, "-m", "pytest", "--quick", "-q", "-p", "no:cacheprovider"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=True).stdout


def test_whatever_imports_torch_or_snakemake_is_left_out(tmp_path):
    shutil.copy(TESTS / "conftest.py", tmp_path)
    (tmp_path / "test_inside.py").write_text(IMPORTING)
    (tmp_path / "test_on_top.py").write_text("from torch import nn\n\ndef test_no():\n    pass\n")
    assert "2 passed, 3 skipped" in quick(tmp_path)


def test_these_parts_of_the_package_do_without(pytestconfig):
    if pytestconfig.getoption("--quick"):
        pytest.skip("they are being run")
    parts = ("corpora", "evaluation", "reporting", "test_config.py", "test_splits.py")
    text = quick("--collect-only", *(TESTS / "unit" / part for part in parts))
    assert re.search(r"^\d{3} tests collected", text, re.M), text
    assert "skipped" not in text
