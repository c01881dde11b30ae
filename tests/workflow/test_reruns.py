"""What each change reruns: no more and no less, by the workflow's own dry run.

The synthetic corpus is read as a real release that lies elsewhere, so that content and places of
files count as they do for users.
"""

import json
import os
import random
import shutil
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import torch
import torchvision
import yaml
from driver import AGGREGATION, PAGE, TABLES, copy_repository, jobs, snakemake

OVERLAY = {
    "source": "iemocap",
    "corpus": "data/IEMOCAP_full_release",
    "glove": "data/glove.txt",
    "expected_counts": None,
    "results": "out",
    "labels": ["fru", "neu", "ang", "sad"],
    "features": {"vision": {"weights": "data/resnet18.pt", "crop": 64}},
    "folds": [1],
    "seeds": [1, 2],
    "models": ["mha", "cross", "self"],
    "modalities": ["t", "va"],
    "table2": [],
    "training": {"max_epochs": 2},
    "statistics": {"bootstrap": 100},
}
CORPUS = OVERLAY["corpus"]


class Workspace:
    """A finished run in a copy of the repository, package included."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"PYTHONPATH": str(folder / "src")}

    def run(self, *arguments, **options):
        files = ("protocols/demo.yaml", "overlay.yaml")
        return snakemake(
            self.folder, "--configfile", *files, *arguments, env=self.environment, **options
        )

    def planned(self, *arguments, **options):
        """{rule: jobs} that would run; those of training together."""
        found = jobs(self.run("--dry-run", *arguments, **options))
        training = [name for name in found if name.startswith("train_seed")]
        trained = {"train": sum(found.pop(name) for name in training)} if training else {}
        return found | trained

    @contextmanager
    def edited(self, name, *changes):
        """A file with other text for a while; it comes back with its old time."""
        path = self.folder / name
        text, stat = path.read_text(), path.stat()
        changed = text
        for old, new in changes:
            assert old in changed, f"{name}: no {old!r}"
            changed = changed.replace(old, new)
        path.write_text(changed)
        try:
            yield
        finally:
            path.write_text(text)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    @contextmanager
    def moved(self, name, new):
        """A file or folder in another place for a while."""
        (self.folder / new).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).rename(self.folder / new)
        try:
            yield
        finally:
            (self.folder / new).rename(self.folder / name)


@pytest.fixture(scope="module")
def workspace(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reruns")
    copy_repository(folder, "src")
    (folder / "overlay.yaml").write_text(yaml.safe_dump(OVERLAY))
    space = Workspace(folder)
    shutil.copytree(repository / "out/synthetic", folder / "data")
    backbone = torchvision.models.resnet18(weights=None)
    torch.save(backbone.state_dict(), folder / "data/resnet18.pt")
    space.run()
    return space


# What is said of attention reads the weights of one run of self and of cross in each fold.
WEIGHTS = {"draw_attention": 1}
# What follows the runs of systems other than self and cross on the widest set, whose confusion
# matrices are drawn.
OF_OTHERS = {rule: 1 for rule in AGGREGATION if rule != "draw_confusion"}


def appended(workspace, name):
    """A module with one statement more."""
    text = (workspace.folder / name).read_text()
    return workspace.edited(name, (text, f"{text}\nMORE = 1\n"))


def config(**keys):
    """Settings on the command line."""
    return ["--config", *(f"{key}={json.dumps(value)}" for key, value in keys.items())]


def test_nothing_changed(workspace):
    assert workspace.planned(python=sys.executable) == {}


def test_touched_files_and_scripts(workspace):
    for part in ("src", "workflow_scripts", "rules", "protocols"):
        for path in (workspace.folder / part).rglob("*"):
            path.touch()
    assert workspace.planned() == {}


def test_comments_docstrings_and_formatting_of_code(workspace):
    module = "src/emofusion/models/mha.py"
    first = (workspace.folder / module).read_text().splitlines()[0]
    changes = ("def __init__(\n", "# why\n    def __init__(\n"), (first, '"""Another."""')
    with workspace.edited(module, *changes):
        assert workspace.planned() == {}


def test_comments_and_order_of_keys_in_the_configuration(workspace):
    moved = ("  heads: 6\n", ""), ("  hidden: 60", "  # of them\n  heads: 6\n  hidden: 60")
    with workspace.edited("config.yaml", *moved):
        assert workspace.planned() == {}


@pytest.mark.parametrize(
    "settings",
    [
        ("--config", "seeds_per_job=1"),
        ("--config", "device=cpu", "checkpoint_seconds=1"),
        ("--cores", "1", "--resources", "gpu=2"),
        ("--set-threads", "train_seed_1=2", "extract_vision=1"),
        ("--workflow-profile", "profiles/default"),
    ],
    ids=["seeds per job", "device", "cores and GPUs", "threads", "profile"],
)
def test_settings_of_the_machine(workspace, settings):
    assert workspace.planned(*settings) == {}


def test_a_significance_level(workspace):
    # All intervals are of this level: tests and figures of tests, never a run.
    statistics = ("compare", "compare_with_paper", "test_published", "set_published", "draw_forest")
    expected = {"all": 1} | dict.fromkeys(statistics, 1) | TABLES | PAGE
    assert workspace.planned(*config(statistics={"alpha": 0.01})) == expected


def test_a_table_s_caption(workspace):
    change = ("Results of emotion classification presented", "Results")
    with workspace.edited("src/emofusion/reporting/tables/table1.py", change):
        assert workspace.planned() == {"all": 1, "set_table1": 1} | PAGE


def test_a_figure_s_code(workspace):
    with appended(workspace, "src/emofusion/reporting/figures/confusion.py"):
        assert workspace.planned() == {"all": 1, "draw_confusion": 1}


def test_another_seed(workspace):
    more = workspace.planned(*config(seeds=[1, 2, 3], seeds_per_job=1))
    assert more == {"train": 4} | AGGREGATION


def test_another_fold(workspace):
    folds = {"split": 1, "leakage": 1, "floors": 1, "humans": 1}
    expected = {"train": 4} | folds | AGGREGATION | WEIGHTS
    assert workspace.planned(*config(folds=[1, 2])) == expected


def test_another_model(workspace):
    models = [*OVERLAY["models"], "cross_nosp"]
    assert workspace.planned(*config(models=models)) == {"train": 1} | OF_OTHERS


def test_another_modality_set_of_modalities_in_use(workspace):
    # The paper claims something about t and tva, which are both run now.
    expected = {"train": 2, "floors": 1, "set_claims": 1} | AGGREGATION | WEIGHTS
    assert workspace.planned(*config(modalities=["t", "va", "tva"])) == expected


def test_one_model_s_code(workspace):
    with appended(workspace, "src/emofusion/models/mha.py"):
        assert workspace.planned() == {"train": 1} | OF_OTHERS


def test_two_hyper_parameters_that_swap_their_values(workspace):
    swapped = {"mha": {"sizes": {"text_keep": 0.7, "vision_keep": 0.3}}}
    assert workspace.planned(*config(model_settings=swapped)) == {"train": 1} | OF_OTHERS


def test_one_model_s_learning_rate(workspace):
    own = {"mha": {"training": {"learning_rate": 0.01}}}
    assert workspace.planned(*config(model_settings=own)) == {"train": 1} | OF_OTHERS


def test_an_mfcc_setting_concerns_audio_and_the_runs_that_use_it(workspace):
    own = {"extract_audio": 5, "join": 1, "floors": 1, "leakage": 1, "train": 3}
    expected = own | AGGREGATION | WEIGHTS
    assert workspace.planned(*config(features={"audio": {"n_mfcc": 20}})) == expected


@pytest.mark.parametrize(
    ("module", "extraction", "runs"),
    [
        ("audio", {"extract_audio": 5, "join": 1, "leakage": 1}, 3),
        ("vision", {"extract_vision": 5, "join": 1}, 3),
        ("text", {"text": 1}, 1),
    ],
)
def test_one_feature_module_s_code(workspace, module, extraction, runs):
    attention = WEIGHTS if module != "text" else {}
    with appended(workspace, f"src/emofusion/features/{module}.py"):
        after = AGGREGATION | attention if attention else OF_OTHERS
        expected = extraction | {"floors": 1, "train": runs} | after
        assert workspace.planned() == expected


def test_another_demand_on_the_word_vectors(workspace):
    """One that the features meet reruns nothing; one that they do not meet stops the start."""
    demand = [config(features={"text": {"min_coverage": share}}) for share in (0.9, 1)]
    assert workspace.planned(*demand[0]) == {}
    text = workspace.run("--dry-run", *demand[1], check=False)
    assert "features.text.min_coverage: 1.0 of the tokens must have a vector" in text
    assert "out/features/text.json was made with 0.9" in text


def test_data_of_the_same_content_in_another_place(workspace):
    with ExitStack() as places:
        for name in ("IEMOCAP_full_release", "glove.txt", "resnet18.pt"):
            places.enter_context(workspace.moved(f"data/{name}", f"elsewhere/{name}"))
        keys = {"corpus": "elsewhere", "glove": "elsewhere/glove.txt"}
        keys["features"] = {"vision": {"weights": "elsewhere/resnet18.pt"}}
        assert workspace.planned(*config(**keys)) == {}


def test_a_new_dialog_concerns_its_session_and_what_must_follow(workspace):
    session = workspace.folder / CORPUS / "Session3"
    old = min(session.glob("dialog/EmoEvaluation/[!.]*.txt")).stem
    new = old[:-2] + "99"
    made = []
    for path in sorted(session.rglob(f"{old}*")):
        copy = Path(str(path).replace(old, new))
        if path.is_dir():
            copy.mkdir()
        elif path.suffix == ".txt":
            copy.write_text(path.read_text().replace(old, new))
        else:
            shutil.copy(path, copy)
        made.append(copy)
    try:
        plan = workspace.planned()
    finally:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
    shard = {"parse": 1, "probe": 1, "select": 1, "extract_audio": 1, "extract_vision": 1}
    people = {"rate": 1, "humans": 1}
    rest = {"join": 2, "text": 1, "split": 1, "leakage": 1, "floors": 1, "train": 4}
    assert plan == shard | people | rest | AGGREGATION | WEIGHTS


def test_a_transcript_concerns_the_audio_of_its_session_only(workspace):
    session = workspace.folder / CORPUS / "Session1"
    path = min(session.glob("dialog/transcriptions/[!.]*.txt"))
    text = path.read_text()
    with workspace.edited(path.relative_to(workspace.folder), (text, f"{text}M: Hm.\n")):
        plan = workspace.planned("--", "out/features/audio.h5")
    assert plan == {"parse": 1, "probe": 1, "select": 1, "extract_audio": 1, "join": 1}


def test_everything_copied_to_another_machine_so_that_all_times_differ(workspace):
    rng = random.Random(0)
    times = {}
    for path in [*workspace.folder.rglob("*")]:
        if ".snakemake" not in path.parts:
            stat = path.stat()
            times[path] = (stat.st_atime_ns, stat.st_mtime_ns)
            os.utime(path, (1.7e9, 1.7e9 + rng.randrange(10**6)))
    try:
        assert workspace.planned() == {}
    finally:
        for path, ns in times.items():
            os.utime(path, ns=ns)


def test_a_deleted_run_folder(workspace):
    with workspace.moved("out/runs/mha/va/fold1_seed2", "elsewhere/run"):
        assert workspace.planned("--config", "seeds_per_job=1") == {"train": 1} | OF_OTHERS
