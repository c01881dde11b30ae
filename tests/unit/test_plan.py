"""What a configuration means: systems, runs, files, outputs."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from paper import CONFIG

from emofusion.config.loading import load_config, merge
from emofusion.errors import DataError
from emofusion.plan import (
    RUN_FILES,
    Plan,
    configured_runs,
    is_finished,
    read_plan,
    run_file,
    widest,
)
from emofusion.reporting.closing import closing

ROOT = Path(__file__).parents[2]
RAW = merge(
    yaml.safe_load((ROOT / path).read_text()) for path in ("config.yaml", "protocols/demo.yaml")
)
KEY = {"model": "self", "modalities": "ta", "fold": 2, "seed": 3}


def config(**changes):
    return load_config(merge([RAW, changes]))


def small(**changes):
    """self and cross on t and ta, one fold, seeds 1 and 2, no Table 2."""
    given = {"models": ["self", "cross"], "modalities": ["t", "ta"], "table2": []}
    return config(**given | {"folds": [1], "seeds": [1, 2]} | changes)


def finish(results, key, names=RUN_FILES):
    for name in names:
        path = results / run_file(key, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_run_has_its_own_folder_named_by_every_axis():
    assert run_file(KEY, "metrics.json") == "runs/self/ta/fold2_seed3/metrics.json"


def test_runs_are_ordered_by_system_then_fold_then_seed():
    keys = configured_runs(small(folds=[1, 2]), [("self", "t")])
    assert [(key["fold"], key["seed"]) for key in keys] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_the_demo_has_68_runs_of_17_systems():
    plan = Plan(config(), Path("nowhere"))
    assert len(plan.runs()) == 68
    assert len(plan.systems()) == 17


def test_seeds_share_jobs_and_the_last_job_takes_the_rest():
    plan = Plan(small(seeds=[5, 6, 7], seeds_per_job=2), Path("nowhere"))
    assert plan.seed_chunks() == [[5, 6], [7]]


@pytest.mark.parametrize(("keep", "kept"), [("none", []), ("first", [1]), ("all", [1, 2])])
def test_weights_are_kept_of_the_seeds_that_keep_weights_names(keep, kept):
    plan = Plan(small(keep_weights=keep), Path("nowhere"))
    assert plan.kept([1, 2]) == kept
    weights = [path for path in plan.all_run_files() if path.endswith("weights.pt")]
    assert len(weights) == 3 * len(kept)  # self on t and ta, cross on ta
    assert len(plan.all_run_files()) == 6 * len(RUN_FILES) + len(weights)


def test_a_missing_run_is_trained_by_default_and_left_out_where_that_is_asked_for(tmp_path):
    [first, *others] = configured_runs(small(), small().systems())
    finish(tmp_path, first)
    finish(tmp_path, others[0], RUN_FILES[1:])  # no predictions: not finished
    assert is_finished(tmp_path, first)
    assert not is_finished(tmp_path, others[0])
    assert len(read_plan(small(), tmp_path).runs()) == 6
    named = read_plan(small(statistics={"missing_runs": "name"}), tmp_path)
    assert named.runs() == [first]
    assert list(named.missing) == others
    assert named.systems() == [("self", "t")]


def test_results_without_any_run_are_refused_where_missing_runs_are_left_out(tmp_path):
    with pytest.raises(DataError, match=r"missing_runs: no run .* train some first"):
        read_plan(small(statistics={"missing_runs": "accept"}), tmp_path)


def test_prosody_is_read_by_the_model_that_asks_for_it_and_only_with_audio():
    pytest.importorskip("opensmile")
    given = config(features={"prosody": True}, models=["mdre", "self"])
    plan = Plan(given, Path("nowhere"))
    assert plan.feature_names("mdre", "ta") == ["text", "audio", "prosody"]
    assert plan.feature_names("self", "ta") == ["text", "audio"]
    assert plan.sharded_names("mdre", "ta") == ["audio", "prosody"]


def test_the_users_own_features_are_not_made_from_sessions(tmp_path):
    (tmp_path / "mine.h5").touch()
    given = small(features={"audio": str(tmp_path / "mine.h5")})
    plan = Plan(given, Path("nowhere"))
    assert plan.sharded_names("self", "ta") == []
    assert plan.extractor_settings("audio") == {}
    assert plan.max_length("self", "audio") is None


def test_a_model_reads_the_shorter_of_its_own_limit_and_that_of_the_features():
    shorter = {"self": {"lengths": {"text": 5}}}
    plan = Plan(small(model_settings=shorter), Path("nowhere"))
    assert plan.max_length("self", "text") == 5
    assert plan.max_length("cross", "text") == 12


def test_tables_and_figures_are_made_only_where_they_have_content():
    both = Plan(small(), Path("nowhere"))
    assert list(both.tables()) == [
        "table1",
        "tests",
        "equivalence",
        "reproduction",
        "published",
        "cost",
    ]
    assert list(both.figures()) == [
        "forest",
        "confusion",
        "classes",
        "spread",
        "pareto",
        "curves",
        "attention",
    ]
    one = Plan(small(models=["self"], keep_weights="none"), Path("nowhere"))
    assert list(one.tables()) == ["table1", "reproduction", "published", "cost"]
    assert list(one.figures()) == ["confusion", "classes", "spread", "pareto", "curves"]


def test_figures_show_self_and_cross_on_their_widest_set():
    plan = Plan(small(), Path("nowhere"))
    assert plan.figure_systems() == [("self", "ta"), ("cross", "ta")]
    assert widest([("mha", "t"), ("amh", "ta"), ("mha", "va"), ("self", "ta")]) == [
        ("amh", "ta"),
        ("self", "ta"),
    ]


def test_attention_is_drawn_of_the_first_fold_and_seed():
    [left, right] = Plan(small(), Path("nowhere")).attention_runs()
    assert left == {"model": "self", "modalities": "ta", "fold": 1, "seed": 1}
    assert right == {"model": "cross", "modalities": "ta", "fold": 1, "seed": 1}


def test_attention_over_words_is_that_of_the_first_seed_in_every_fold():
    runs = Plan(small(folds=[1, 2]), Path("nowhere")).word_attention_runs()
    assert {(run["fold"], run["seed"]) for run in runs} == {(1, 1), (2, 1)}
    assert {(run["model"], run["modalities"]) for run in runs} == {("self", "ta"), ("cross", "ta")}
    assert Plan(small(keep_weights="none"), Path("nowhere")).word_attention_runs() == []


def test_the_page_shows_the_tables_that_have_rows():
    shown = Plan(small(), Path("nowhere")).page_settings(CONFIG)
    assert shown["first_table"]["models"] == ["self", "cross"]
    assert shown["second_table"] == {}


def test_the_plan_needs_neither_snakemake_nor_torch():
    names = "sorted({'snakemake', 'torch', 'pandas'} & set(sys.modules))"
    code = f"import sys, emofusion.plan; print({names})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def moving(tmp_path, **changes):
    """self and cross on t and tm, m being motion from the user's file."""
    (tmp_path / "motion.h5").touch()
    motion = {"name": "motion", "file": str(tmp_path / "motion.h5")} | changes
    return Plan(
        small(modalities=["t", "tm"], further_modalities={"m": motion}), Path("nowhere")
    )  # fmt: skip


def test_a_further_modality_is_read_from_its_feature_file_and_standardised(tmp_path):
    plan = moving(tmp_path, steps=9)
    assert plan.feature_names("self", "tm") == ["text", "motion"]
    settings = plan.run_settings("self", "tm")
    assert settings["further_modalities"] == {"m": "motion"}
    assert settings["standardize"] == ["motion"]
    assert settings["architecture"]["further_steps"] == {"motion": 9}
    assert settings["lengths"] == {"text": 12, "motion": None}


def test_runs_without_a_further_modality_do_not_know_of_it(tmp_path):
    plain = Plan(small(), Path("nowhere")).run_settings("self", "t")
    assert moving(tmp_path).run_settings("self", "t") == plain


def test_of_a_local_file_among_the_settings_the_content_counts(tmp_path):
    (tmp_path / "weights.pt").write_bytes(b"1")
    given = small(features={"vision": {"weights": str(tmp_path / "weights.pt")}})
    before = Plan(given, Path("nowhere"))
    assert before.extractor_files("vision") == {"weights": str(tmp_path / "weights.pt")}
    hash_before = before.recorded_settings("vision")["weights"]
    (tmp_path / "copy.pt").write_bytes(b"1")
    moved = small(features={"vision": {"weights": str(tmp_path / "copy.pt")}})
    assert Plan(moved, Path("nowhere")).recorded_settings("vision")["weights"] == hash_before


def test_a_table_keeps_its_number_where_another_has_no_rows():
    numbers = {name: n for name, (n, _) in Plan(small(), Path("nowhere")).table_texts().items()}
    assert numbers == {
        "table1": 1, "tests": 3, "equivalence": 4, "reproduction": 5, "published": 6,
        "cost": 9,
    }  # fmt: skip


def test_what_a_table_asks_for_and_nobody_has_is_named(tmp_path):
    for fact, message in (
        ("reads", "bars reads 'all', expected any of runs, .*splits"),
        ("uses", "bars uses 'all', expected any of alpha, "),
        ("needs", "TABLES needs 'all' for 'bars', expected any of table1, "),
    ):
        path = tmp_path / f"{fact}.py"
        path.write_text(f'TABLES = {{"bars": {{"{fact}": "all"}}}}\n')
        plan = Plan(small(extensions=[str(path)]), Path("nowhere"))
        with pytest.raises(DataError, match=message):
            bars = plan.tables()["bars"]
            plan.files_of(bars)
            plan.values_of(bars)


def test_the_end_of_a_start_counts_only_what_is_there(tmp_path):
    finish(tmp_path, KEY | {"modalities": "t", "fold": 1, "seed": 1})
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/table1.txt").write_text("Table 1.\n\nbody\n")
    made = "Made: 1 run of 1 system, 1 table and 0 figures,"
    assert closing(Plan(small(), tmp_path), {}).startswith(made)


@pytest.mark.parametrize(("name", "title"), [("urdu.csv", "urdu"), ("synthetic.csv", "table")])
def test_a_user_s_table_is_printed_by_the_name_of_its_file(tmp_path, name, title):
    (tmp_path / name).write_text("utterance_id,label\na,x\nb,y\n")
    given = {"source": "table", "corpus": str(tmp_path / name), "labels": ["x", "y"]}
    splits = {"scheme": "random", "n_folds": 2, "development": "random"}
    plan = Plan(small(**given, splits=splits, modalities=["a"]), tmp_path)
    assert plan.source_name() == title
    assert plan.about_results(CONFIG)["source"] == title


def test_only_a_model_with_the_soft_loss_reads_votes():
    soft = {"self": {"training": {"loss": "soft"}}}
    plan = Plan(small(model_settings=soft), Path("nowhere"))
    assert (plan.votes("self"), plan.votes("cross")) == (["corpus/votes.csv"], [])


def test_what_people_reach_is_a_result_where_the_labels_have_raters():
    assert "humans" in Plan(small(), Path("nowhere")).result_files()
    other = Plan(small(label_column="topic"), Path("nowhere"))
    assert not other.is_rated()
    assert list(other.result_files()) == ["summary", "floors", "missing"]
