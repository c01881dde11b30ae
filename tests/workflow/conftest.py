"""What the tests of the workflow share."""

import pytest
import yaml
from driver import copy_repository, snakemake

SYNTHETIC = {"results": "out", "synthetic": {"dialogs": 2, "turns": 10}}
RELEASE = "out/synthetic/IEMOCAP_full_release"


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    """A copy of the repository in which the synthetic corpus is made, to be copied in turn."""
    folder = tmp_path_factory.mktemp("repository")
    copy_repository(folder)
    (folder / "corpus.yaml").write_text(yaml.safe_dump(SYNTHETIC))
    sessions = [f"{RELEASE}/Session{number}" for number in range(1, 6)]
    overlays = ["protocols/demo.yaml", "corpus.yaml"]
    snakemake(folder, "--configfile", *overlays, "--", *sessions, "out/synthetic/glove.txt")
    return folder
