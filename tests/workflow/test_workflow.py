"""The real workflow on a tiny corpus: what it makes, and what it makes again."""

import json
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import psutil
import pytest
import yaml
from driver import AGGREGATION, FIGURES, ROOT, TABLES, jobs, snakemake
from tiny import TINY

from emofusion.features.store.read import RaggedStore

# Small enough for a minute: 5 sessions x 2 dialogs x 10 turns, the four most frequent classes.
OVERLAY = {
    "results": "out",
    "synthetic": {"dialogs": 2, "turns": 10},
    "labels": ["fru", "neu", "ang", "sad"],
    "features": {"vision": {"crop": 64}},
    "folds": [1],
    "seeds": [1, 2],
    "models": ["cross", "self"],
    "modalities": ["t", "va"],
    "table2": [],
    "training": {"max_epochs": 2},
}


def tiny(folder, *arguments, **options):
    overlays = ["protocols/demo.yaml", "overlay.yaml"]
    return snakemake(folder, "--configfile", *overlays, *arguments, **options)


def planned(folder, *arguments, **options):
    """Rules that would run, each with its number of jobs; empty when nothing is to be done."""
    return jobs(tiny(folder, "--dry-run", *arguments, **options))


@pytest.fixture(scope="module")
def workspace(repository, tmp_path_factory):
    """A finished run, in a copy of the repository that may be changed."""
    folder = tmp_path_factory.mktemp("workflow") / "repository"
    shutil.copytree(repository, folder)
    (folder / "overlay.yaml").write_text(yaml.safe_dump(OVERLAY))
    tiny(folder)
    return folder


def test_every_run_leaves_its_files_and_the_tables_stand(workspace):
    runs = sorted((workspace / "out/runs").glob("*/*/*"))
    assert [str(run.relative_to(workspace / "out/runs")) for run in runs] == [
        "cross/va/fold1_seed1",
        "cross/va/fold1_seed2",
        "self/t/fold1_seed1",
        "self/t/fold1_seed2",
        "self/va/fold1_seed1",
        "self/va/fold1_seed2",
    ]
    for run in runs:
        for name in ("predictions.csv", "history.csv", "metrics.json", "config.yaml"):
            assert (run / name).stat().st_size > 0
    assert (workspace / "out/tables/table1.tex").read_text().startswith(r"\begin{table}")
    assert (workspace / "out/figures/confusion.pdf").read_bytes().startswith(b"%PDF")


def test_the_graph_in_the_docs_is_the_workflow_s(workspace):
    drawn = tiny(workspace, "--rulegraph", "mermaid-js", "--config", "table2=[mean]")
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", drawn))
    drawn_as = dict.fromkeys(TABLES | {"set_table2": 1, "set_published": 1}, "tables")
    drawn_as |= dict.fromkeys(FIGURES | {"draw_attention": 1}, "figures")
    names = {
        key: drawn_as.get(name, re.sub(r"^train_.*", "train", name)) for key, name in names.items()
    }
    edges = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", drawn)}
    page = (ROOT / "docs/workflow.md").read_text().partition("```mermaid")[2].partition("```")[0]
    assert set(re.findall(r"(\w+) --> (\w+)", page)) == edges


def test_no_utterance_disappears(workspace):
    read = [pd.read_csv(workspace / "out/corpus" / name) for name in
            ("utterances.csv", "selected.csv", "exclusions.csv")]  # fmt: skip
    utterances, selected, exclusions = (set(table["utterance_id"]) for table in read)
    assert selected | exclusions == utterances
    assert not selected & exclusions
    assert read[2]["reason"].notna().all()


def test_predictions_are_those_of_the_development_and_test_partitions(workspace):
    split = pd.read_csv(workspace / "out/splits/fold1.csv").set_index("utterance_id")
    table = pd.read_csv(workspace / "out/runs/self/va/fold1_seed2/predictions.csv")
    assert set(table["utterance_id"]) == set(split.index[split["partition"] != "train"])
    assert (table["label"] == split.loc[table["utterance_id"], "label"].to_numpy()).all()
    probabilities = table[["p_fru", "p_neu", "p_ang", "p_sad"]]
    assert probabilities.sum(axis=1).between(1 - 1e-6, 1 + 1e-6).all()
    best = probabilities.idxmax(axis=1).str.removeprefix("p_")
    assert (best == table["predicted"]).all()


def test_every_row_of_the_table_of_runs_is_scored_from_the_run_it_names(workspace):
    runs = pd.read_csv(workspace / "out/metrics/runs.csv")
    assert len(runs) == 6
    for row in runs.itertuples():
        folder = f"out/runs/{row.model}/{row.modalities}/fold{row.fold}_seed{row.seed}"
        table = pd.read_csv(workspace / folder / "predictions.csv").query("partition == 'test'")
        assert row.accuracy == pytest.approx((table["label"] == table["predicted"]).mean())


def test_the_record_of_a_run_names_what_decided_it(workspace):
    record = yaml.safe_load((workspace / "out/runs/self/va/fold1_seed2/config.yaml").read_text())
    manifest = json.loads((workspace / "out/features/audio.json").read_text())
    assert record["seed"] == 2
    assert record["training"]["max_epochs"] == 2
    assert record["features"]["audio"] == manifest["sha256"]
    assert record["machine"]["device"] in ("cpu", "cuda")


def test_the_second_time_there_is_nothing_to_do(workspace):
    assert planned(workspace, python=sys.executable) == {}


def test_touching_scripts_grouping_seeds_and_choosing_the_device_rerun_nothing(workspace):
    for path in (workspace / "workflow_scripts").rglob("*.py"):
        path.touch()
    assert planned(workspace, "--config", "seeds_per_job=1", "device=cpu") == {}


def test_another_seed_trains_its_runs_only_and_evaluates_again(workspace):
    assert planned(workspace, "--config", "seeds=[1,2,3]", "seeds_per_job=1") == {
        "train_seed_3": 3,
        **AGGREGATION,
    }


def test_an_audio_setting_touches_audio_and_what_uses_it_only(workspace):
    assert planned(workspace, "--config", "features={audio: {n_mfcc: 20}}") == {
        "extract_audio": 5,
        "join": 1,
        "floors": 1,
        "leakage": 1,
        "train_seed_1_2": 2,
        "draw_attention": 1,
        **AGGREGATION,
    }


def test_weights_that_shall_be_kept_are_trained_for(workspace):
    assert planned(workspace, "--config", "keep_weights=all")["train_seed_1_2"] == 3


def test_a_lost_run_is_trained_again_to_the_same_bits_and_alone_but_for_rounding(workspace):
    path = workspace / "out/runs/self/va/fold1_seed2/predictions.csv"
    before = path.read_bytes()
    beside_another = pd.read_csv(path)
    shutil.rmtree(path.parent)
    tiny(workspace, "--config", "seeds_per_job=1", "--", path.relative_to(workspace))
    pd.testing.assert_frame_equal(pd.read_csv(path), beside_another, rtol=0, atol=1e-4)
    shutil.rmtree(path.parent)
    tiny(workspace)
    assert path.read_bytes() == before


def test_results_may_do_without_runs_and_name_them(workspace):
    named = ("--config", "statistics={missing_runs: name}")
    moved = {
        workspace / f"out/runs/{name}": workspace / f"away{number}"
        for number, name in enumerate(["self/va/fold1_seed2", "cross"])
    }
    for folder, away in moved.items():
        folder.rename(away)
    try:
        plan = planned(workspace, *named)
        wanted = ["table1.txt", "tests.txt", "reproduction.txt"]
        drawn = ["confusion.pdf", "curves.pdf", "spread.pdf", "classes.pdf"]
        targets = [f"out/tables/{name}" for name in wanted]
        targets += [f"out/figures/{name}" for name in drawn]
        tiny(workspace, *named, "--", *targets[:1], *targets[2:])
        text = (workspace / targets[0]).read_text()
    finally:
        for folder, away in moved.items():
            away.rename(folder)
    assert not plan.keys() & {"draw_forest", "set_tests", "train_seed_1_2"}
    unwrapped = " ".join(text.split())
    assert "Self V+A fold 1 seed 2" in unwrapped
    assert "Cross V+A fold 1 seed 1" in unwrapped
    cells = next(line for line in text.splitlines() if line.startswith("V+A"))
    assert "±" not in cells
    assert cells.count("(1 run)") == 2  # Self on both metrics; Cross has none
    tiny(workspace, "--", *targets)
    assert "Missing runs" not in (workspace / targets[0]).read_text()


@pytest.mark.parametrize("name", ["predictions.csv", "history.csv", "metrics.json", "config.yaml"])
def test_any_lost_file_of_a_run_is_noticed(workspace, name):
    path = workspace / "out/runs/self/t/fold1_seed1" / name
    kept = path.read_bytes()
    path.unlink()
    try:
        assert planned(workspace)["train_seed_1_2"] == 1
    finally:
        path.write_bytes(kept)


def test_lost_features_are_made_before_training_needs_them(workspace):
    path = workspace / "out/shards/session3/audio.h5"
    hidden = path.rename(path.with_name("hidden"))
    try:
        more = planned(workspace, "--config", "seeds=[1,2,3]", "seeds_per_job=1")
    finally:
        hidden.rename(path)
    assert more["extract_audio"] == 1


SESSION = "out/synthetic/IEMOCAP_full_release/Session1"


@pytest.mark.parametrize(
    ("pattern", "content", "rule", "target", "message"),
    [
        (
            "out/synthetic/glove.txt",
            b"the 0.1 0.2 0.3\n",
            "text",
            "features/text.h5",
            r"glove\.txt, line 1: .*3.*300",
        ),
        (
            f"{SESSION}/sentences/wav/*/[!.]*.wav",
            b"no sound",
            "probe",
            "shards/session1/selected.csv",
            r"cannot be used \(unreadable_file\).* `exclusions: \{unreadable_file: drop\}`",
        ),
        (
            f"{SESSION}/dialog/EmoEvaluation/[!.]*.txt",
            b"% no label\n",
            "parse",
            "shards/session1/utterances.csv",
            r"\.txt: no label lines; expected",
        ),
        (
            f"{SESSION}/dialog/transcriptions/[!.]*.txt",
            b"Ses09F_impro01_F000 [1.0-2.0]: Hi.\n",
            "parse",
            "shards/session1/utterances.csv",
            r"line 1: Ses09F_impro01_F000 belongs to another dialog",
        ),
    ],
)
def test_bad_input_ends_in_one_message_and_leaves_nothing_half_written(
    workspace, pattern, content, rule, target, message
):
    kept = {path: path.read_bytes() for path in workspace.glob(pattern)}
    for path in kept:
        path.write_bytes(content)
    try:
        text = tiny(workspace, "--forcerun", rule, "--", f"out/{target}", check=False)
    finally:
        for path, good in kept.items():
            path.write_bytes(good)
    assert re.search(rf"^emofusion: .*{message}", text, re.M), text
    assert "Traceback" not in text
    assert not (workspace / "out" / target).exists()
    assert not list((workspace / "out").glob("**/*.tmp"))


def test_features_from_the_script_in_the_docs_take_the_place_of_the_extractor_s(workspace):
    blocks = (ROOT / "docs/extend.md").read_text().split("```python\n")[1:]
    script = next(block.partition("```")[0] for block in blocks if "def encode" in block)
    paths = ["out/corpus/selected.csv", f"{SESSION}/..", "own.h5"]
    subprocess.run([sys.executable, "-c", script, *paths], cwd=workspace, check=True)
    own = {"features": {"audio": "own.h5"}, "results": "own", "seeds": [1], "models": ["self"]}
    own |= {"source": "iemocap", "corpus": f"{SESSION}/..", "expected_counts": None}
    (workspace / "own.yaml").write_text(yaml.safe_dump(own | {"modalities": ["a"]}))
    snakemake(
        workspace, "--configfile", "protocols/demo.yaml", "overlay.yaml", "own.yaml",
        "--", "own/runs/self/a/fold1_seed1/predictions.csv",
    )  # fmt: skip
    record = yaml.safe_load((workspace / "own/runs/self/a/fold1_seed1/config.yaml").read_text())
    assert record["lengths"] == {"audio": 500}
    store = RaggedStore(workspace / "own/features/audio.h5")
    assert (store.dim, store.attributes["extractor"]) == (64, "mel energies")
    assert not (workspace / "own/shards/session1/audio.h5").exists()


@pytest.fixture
def prepared(workspace):
    """Prepared folds of 40 utterances; the first test row of fold 1 has no video frame."""
    rng = np.random.default_rng(0)
    audio, video = rng.normal(size=(40, 8, 4)), rng.normal(size=(40, 3, 6))
    arrays = {
        "label": np.arange(40) % 2,
        "nlp_trans": rng.integers(1, 5, (40, 6)),
        "audio_mfcc": audio.astype(np.float32),
        "audio_seqN": np.full(40, 5),
        "video": video.astype(np.float32),
        "video_seqN": np.where(np.arange(40) == 30, 0, 3),
    }
    parts = {"train": np.arange(20), "dev": np.arange(20, 30), "test": np.arange(30, 40)}
    for fold in range(1, 6):
        folder = workspace / f"prepared/folds/fold0{fold}"
        folder.mkdir(parents=True)
        for name, values in arrays.items():
            for part, rows in parts.items():
                np.save(folder / f"{part}_{name}.npy", values[(rows + 10 * (fold - 1)) % 40])
    np.save(workspace / "prepared/W_embedding.npy", np.eye(5, 3, k=-1, dtype=np.float32))
    return "prepared"


def test_prepared_folds_go_the_same_way(workspace, prepared):
    overlay = {
        "source": "prepared",
        "corpus": prepared,
        "results": "folds",
        "labels": ["neu", "ang"],
    }
    overlay |= {"class_order": ["ang", "neu"], "models": ["self"], "modalities": ["tva"]}
    overlay |= {"folds": [1, 2], "seeds": [1], "splits": {"scheme": "published"}}
    (workspace / "folds.yaml").write_text(yaml.safe_dump(overlay))
    snakemake(workspace, "--configfile", "protocols/demo.yaml", "overlay.yaml", "folds.yaml")
    exclusions = pd.read_csv(workspace / "folds/corpus/exclusions.csv")
    assert list(exclusions["kind"]) == ["no_video_frame"]
    for fold, sizes in ((1, [20, 10, 9]), (2, [20, 9, 10])):
        table = pd.read_csv(workspace / f"folds/splits/fold{fold}.csv")
        counts = table["partition"].value_counts()
        assert counts[["train", "dev", "test"]].to_list() == sizes
        run = workspace / f"folds/runs/self/tva/fold{fold}_seed1/predictions.csv"
        tested = pd.read_csv(run).query("partition == 'test'")
        assert list(tested["utterance_id"]) == list(
            table["utterance_id"][table["partition"] == "test"]
        )
    assert RaggedStore(workspace / "folds/features/audio.h5").lengths.tolist() == [5] * 39
    assert (workspace / "folds/tables/table1.tex").exists()


def test_a_model_from_outside_the_package_is_trained_and_its_file_counts(workspace):
    (workspace / "mine.py").write_text(TINY)
    own = {"models": ["self", "tiny"], "model_files": ["mine.py"], "seeds": [1]}
    own |= {"model_settings": {"tiny": {"sizes": {"hidden": 5}}}}
    (workspace / "mine.yaml").write_text(yaml.safe_dump(own))
    overlays = ["protocols/demo.yaml", "overlay.yaml", "mine.yaml"]
    target = ("--", "out/runs/tiny/t/fold1_seed1/predictions.csv")
    snakemake(workspace, "--configfile", *overlays, *target)
    metrics = json.loads((workspace / "out/runs/tiny/t/fold1_seed1/metrics.json").read_text())
    assert metrics["parameters"] == 300 * 5 + 5 + 5 * 4 + 4
    again = snakemake(workspace, "--configfile", *overlays, "--dry-run", *target)
    assert jobs(again) == {}
    (workspace / "mine.py").write_text(TINY.replace("mean(dim=1)", "sum(dim=1)"))
    again = snakemake(workspace, "--configfile", *overlays, "--dry-run", *target)
    assert jobs(again) == {"train_seed_1": 1}


def test_a_run_s_weights_predict_a_recording_as_the_run_did(workspace):
    own = {"models": ["self"], "modalities": ["tva"], "seeds": [1], "keep_weights": "first"}
    (workspace / "keep.yaml").write_text(yaml.safe_dump(own))
    run = workspace / "out/runs/self/tva/fold1_seed1"
    overlays = ["protocols/demo.yaml", "overlay.yaml", "keep.yaml"]
    snakemake(
        workspace, "--configfile", *overlays, "--", f"{run.relative_to(workspace)}/weights.pt"
    )
    expected = pd.read_csv(run / "predictions.csv").set_index("utterance_id").iloc[-1]
    row = (
        pd.read_csv(workspace / "out/corpus/selected.csv")
        .set_index("utterance_id")
        .loc[expected.name]
    )
    release = workspace / SESSION / ".."
    command = ["-m", "emofusion", "predict", run, "--wav", release / row["audio_path"]]
    command += ["--video", release / row["video_path"], "--side", row["video_side"]]
    command += ["--span", row["start"], row["end"], "--transcript", row["transcript"]]
    done = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, check=True
    )
    found = dict(re.findall(r"^(\w+) +(0\.\d+)$", done.stdout, re.M))
    assert {name: float(p) for name, p in found.items()} == pytest.approx(
        {name: expected[f"p_{name}"] for name in ("fru", "neu", "ang", "sad")}, abs=1e-3
    )


def test_a_killed_workflow_goes_on_and_ends_as_if_it_never_was(workspace):
    long = {"models": ["self"], "seeds": [7]}
    long |= {"training": {"max_epochs": 60, "stop_patience": 60}, "checkpoint_seconds": 0}
    (workspace / "long.yaml").write_text(yaml.safe_dump(long))
    overlays = ["--configfile", "protocols/demo.yaml", "overlay.yaml", "long.yaml"]
    run = workspace / "out/runs/self/va/fold1_seed7"
    target = ("--", f"{run.relative_to(workspace)}/predictions.csv")
    driver = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "1", *overlays, *target],
        cwd=workspace, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not (run / "checkpoint.pt").exists():
        assert driver.poll() is None, "ended before it could be killed"
        time.sleep(0.02)
    everything = [*psutil.Process(driver.pid).children(recursive=True), driver]
    for process in everything:  # as when a machine goes down
        process.kill()
    driver.wait()
    psutil.wait_procs(everything[:-1])
    assert not (run / "predictions.csv").exists()
    snakemake(workspace, *overlays, "--unlock")
    snakemake(workspace, *overlays, *target)
    epoch = re.search(r"going on from epoch ([\d.]+)", log_of(workspace, "self/va/fold1_seed_7"))
    assert 0 < float(epoch[1]) < 60
    assert not (run / "checkpoint.pt").exists()
    resumed = (run / "predictions.csv").read_bytes()
    shutil.rmtree(run)
    snakemake(workspace, *overlays, *target)
    assert "going on" not in log_of(workspace, "self/va/fold1_seed_7")
    assert (run / "predictions.csv").read_bytes() == resumed


def log_of(workspace, run):
    return (workspace / f"out/logs/train/{run}.log").read_text()


def test_a_folder_that_is_no_release_is_refused_at_the_start(workspace):
    (workspace / "empty").mkdir()
    text = snakemake(workspace, "--config", "corpus=empty", check=False)
    assert "empty: no IEMOCAP release here; expected the folders Session1" in text
    assert "Traceback" not in text


def test_without_a_corpus_the_start_says_what_to_set(workspace):
    text = snakemake(workspace, check=False)
    assert "corpus: the folder of IEMOCAP is not set" in text
    assert "make demo" in text


def test_a_typo_on_the_command_line_names_the_nearest_key(workspace):
    text = tiny(workspace, "--config", "sedes=[1]", check=False)
    assert "sedes is not a known key; did you mean seeds?" in text
