"""Settings of all tests, and what `make quick` leaves out."""

import gc
import os
import sys

import pytest
from hypothesis import settings

# Before torch is imported. Small tensors gain nothing from threads, and waiting ones shall sleep.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# The same examples each time, no deadline, however slow the machine is. A search for new examples:
# pytest --hypothesis-profile=default
settings.load_profile("ci")

SLOW_TO_IMPORT = {"torch", "torchvision", "snakemake"}


def pytest_addoption(parser):
    parser.addoption(
        "--quick", action="store_true", help="leave out what imports " + ", ".join(SLOW_TO_IMPORT)
    )


def pytest_configure(config):
    if config.getoption("--quick"):
        sys.meta_path.insert(0, Skipping())


def pytest_collection_finish():
    gc.freeze()  # statsmodels collects garbage at each call: not through all that was imported


class Skipping:
    """Skips a test, or a module of tests, at the moment that it imports what takes seconds.

    So no list of such tests is kept, and an import deep in the package counts as one at the top.
    """

    def find_spec(self, name, path=None, target=None):
        if name in SLOW_TO_IMPORT:
            pytest.skip(f"imports {name}", allow_module_level=True)
