"""One list of packages: pyproject.toml, envs/constraints.txt, envs/environment.yaml."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from snakemake.cli import get_argument_parser

ROOT = Path(__file__).parents[2]
# What conda-forge and bioconda call otherwise.
CONDA_NAMES = {
    "matplotlib-base": "matplotlib",
    "pysoundfile": "soundfile",
    "snakemake-minimal": "snakemake",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONDA = yaml.safe_load((ROOT / "envs/environment.yaml").read_text())["dependencies"]


def pins(requirements):
    """{package: version} of lines such as `numpy==2.4.6` (pip) or `numpy=2.4.6` (conda)."""
    found = [re.fullmatch(r"([\w-]+)={1,2}([\w.]+)", text).groups() for text in requirements]
    return {CONDA_NAMES.get(name.lower(), name.lower()): version for name, version in found}


def conda_pins():
    [by_pip] = [entry["pip"] for entry in CONDA if isinstance(entry, dict)]
    packages = [entry for entry in CONDA if isinstance(entry, str) and entry != "pip"]
    return pins(packages) | pins(by_pip)


def test_conda_has_the_packages_and_versions_of_a_run():
    of_conda = conda_pins()
    python = of_conda.pop("python")
    assert PROJECT["requires-python"] == f">={python}"
    extras = [line for name, lines in EXTRAS.items() if name != "test" for line in lines]
    assert of_conda == pins(PROJECT["dependencies"] + extras)


@pytest.mark.parametrize("lines", [PROJECT["dependencies"], *EXTRAS.values()])
def test_the_constraints_agree(lines):
    text = (ROOT / "envs/constraints.txt").read_text()
    constraints = pins(line for line in text.splitlines() if not line.startswith("#"))
    assert pins(lines).items() <= constraints.items()


def test_a_job_in_conda_finds_the_package_by_an_option_that_snakemake_has():
    option = "--conda-not-block-search-path-envvars"
    assert option in (ROOT / "docs/cluster.md").read_text()
    assert option in get_argument_parser().format_help()


def test_a_package_has_one_version_in_all_extras():
    lines = {line for lines in EXTRAS.values() for line in lines}
    assert len(pins(lines)) == len(lines)
