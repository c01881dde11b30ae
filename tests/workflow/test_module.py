"""The workflow from elsewhere: as a module of another project, and from another folder."""

import pytest
import yaml
from driver import ROOT, jobs, snakemake

SNAKEFILE = f"""
configfile: "project.yaml"

rule all:
    input:
        "copied.txt",

module emofusion:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        config["emofusion"]
    prefix:
        "sub"

use rule * from emofusion as emofusion_*

module again:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        config["emofusion"] | {{"results": "again"}}

use rule * from again exclude all

rule copy:
    input:
        "sub/emo/tables/published.txt",
        "sub/emo/shards/session1/utterances.csv",
    output:
        "copied.txt",
    shell:
        "cat {{input}} > {{output}}"

onsuccess:
    print("the project's own end")
"""
PARTIAL = {
    "source": "synthetic",
    "synthetic": {"seed": 1, "dialogs": 2, "turns": 10},
    "results": "emo",
    "features": {"prosody": False, "vision": "my{own}.h5"},  # braces are wildcards to Snakemake
    "model_files": ["my{own}.py"],
    "folds": [1, 2],
    "seeds": [1, 2],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project that uses the workflow as a module, twice; its default target is made."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "Snakefile").write_text(SNAKEFILE)
    config = {"samples": ["a"], "emofusion": PARTIAL}
    (folder / "project.yaml").write_text(yaml.safe_dump(config))
    (folder / "my{own}.h5").touch()
    (folder / "my{own}.py").write_text('MODELS = {"mine": "t"}\n\ndef build(name):\n    pass\n')
    (folder / "printed.txt").write_text(snakemake(folder))
    return folder


def test_a_project_runs_what_it_asks_for_and_keeps_its_target_and_its_end(project):
    printed = (project / "printed.txt").read_text()
    assert jobs(printed) == {
        "all": 1,
        "copy": 1,
        "emofusion_synthesize": 1,
        "emofusion_parse": 1,
        "emofusion_test_published": 1,
        "emofusion_set_published": 1,
    }
    assert "the project's own end" in printed
    assert "Made: " not in printed  # what the workflow itself prints at its end
    copied = (project / "copied.txt").read_text()
    assert "Cross" in copied
    assert "Ses01F_impro01_F000" in copied


def test_the_rules_are_there_under_either_name_with_the_defaults_in_place(project):
    targets = ("emofusion_all", "again/tables/table1.txt", "copied.txt")
    planned = jobs(snakemake(project, "--dry-run", "--", *targets))
    systems, folds = 25, 2
    assert planned["emofusion_train_seed_1"] == planned["emofusion_train_seed_2"] == systems * folds
    assert planned["train_seed_1"] == systems * folds
    assert planned["emofusion_synthesize"] == 4  # the first session is made
    assert planned["emofusion_adopt"] == planned["adopt"] == 1  # one's own vision features
    assert not planned.keys() & {"copy", "emofusion_published", "emofusion_vision", "vision"}


def test_the_project_s_report_says_nothing_of_a_configuration_that_is_not_its_own(project):
    snakemake(project, "--report", "report.html", "--", "sub/emo/tables/published.html")
    text = (project / "report.html").read_text()
    assert "tables/published.html" in text
    assert "Results of emofusion on" not in text


def test_the_workflow_starts_from_any_folder_with_its_safety_settings(tmp_path):
    for name in ("here", "work"):
        (tmp_path / name).mkdir()
    (tmp_path / "here/config.yaml").write_text("none: of ours")  # the working folder's counts
    (tmp_path / "here/overlay.yaml").write_text("folds: [1]")
    printed = snakemake(
        tmp_path / "here", "--snakefile", ROOT / "Snakefile", "--directory", tmp_path / "work",
        "--dry-run", "--configfile", ROOT / "protocols/demo.yaml", "overlay.yaml",
    )  # fmt: skip
    assert jobs(printed)["train_seed_1_2"] == 17
    assert f"workflow specific profile {ROOT}/profiles/default" in printed


def test_a_config_yaml_of_another_program_in_the_working_folder_is_named(tmp_path):
    (tmp_path / "config.yaml").write_text("samples: [a]")
    options = ("--snakefile", ROOT / "Snakefile", "--dry-run")
    printed = snakemake(tmp_path, *options, check=False)
    assert "samples is not a known key" in printed
    assert "Read: the repository's config.yaml, config.yaml" in printed
