import json
import shutil

import pandas as pd
import pytest

from emofusion.cli.app import main
from emofusion.errors import DataError
from emofusion.reporting.trace import differences, find_system, logs_of, trace


def record(fold, seed, **changes):
    return {
        "model": "self",
        "modalities": "tva",
        "fold": fold,
        "seed": seed,
        "training": {"batch_size": 32},
        "code": "c0de",
        "split": f"split {fold}",
        "features": {"text": "7e87"},
        "machine": {"device": "cpu"},
    } | changes


def predictions(predicted):
    """Of three utterances that are ang and two that are neu, such as "aaann"."""
    labels = ["ang", "ang", "ang", "neu", "neu"]
    table = pd.DataFrame({"partition": "test", "label": labels})
    table["predicted"] = ["ang" if letter == "a" else "neu" for letter in predicted]
    return table.assign(p_ang=0.5, p_neu=0.5)


@pytest.fixture
def results(tmp_path):
    """Self on T+V+A with two runs, one job; MHA on T+A with one run."""
    runs = [
        ("self", "tva", 1, 1, 0.5, 0.6, "aaaaa"),  # recalls 1 and 0
        ("self", "tva", 1, 2, 0.75, 0.8, "aaaan"),  # 1 and 1/2
        ("mha", "ta", 1, 1, 0.5, 0.6, "aaaaa"),
    ]
    columns = ["model", "modalities", "fold", "seed", "balanced_accuracy", "accuracy", "predicted"]
    table = pd.DataFrame(runs, columns=columns).assign(best_epoch=3.0)
    summary = [
        ("self", "tva", "balanced_accuracy", 2, 0.625, 0.1768),
        ("self", "tva", "accuracy", 2, 0.7, 0.1414),
        ("mha", "ta", "balanced_accuracy", 1, 0.5, None),
        ("mha", "ta", "accuracy", 1, 0.6, None),
    ]
    for folder in ("metrics", "tables", "logs/train/self/tva"):
        (tmp_path / folder).mkdir(parents=True)
    table.drop(columns="predicted").to_csv(tmp_path / "metrics/runs.csv", index=False)
    columns = ["model", "modalities", "metric", "runs", "mean", "std"]
    pd.DataFrame(summary, columns=columns).to_csv(tmp_path / "metrics/summary.csv", index=False)
    (tmp_path / "tables/table1.txt").write_text("T+V+A  .625 ± .177  .700 ± .141\n")
    (tmp_path / "logs/train/self/tva/fold1_seed_1_2.log").touch()
    for model, modalities, fold, seed, *_, predicted in runs:
        folder = tmp_path / f"runs/{model}/{modalities}/fold{fold}_seed{seed}"
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(json.dumps(record(fold, seed)))
        predictions(predicted).to_csv(folder / "predictions.csv", index=False)
    return tmp_path


def test_a_cell_leads_to_its_runs_their_folders_and_logs(results):
    found = trace(results, "table1", "self", "tva")
    assert found.title == "Table 1, Self T+V+A (self tva): 2 runs"
    assert found.cell == [
        ("WA", "balanced_accuracy", "0.625 ± 0.177"),
        ("UWA", "accuracy", "0.700 ± 0.141"),
    ]
    fold, seed, wa, uwa, epoch, _, folder, log = found.runs[1]
    assert (fold, seed, wa, uwa, epoch) == ("1", "2", "0.7500", "0.8000", "3")
    assert folder == str(results / "runs/self/tva/fold1_seed2")
    assert log == str(results / "logs/train/self/tva/fold1_seed_1_2.log")
    assert ("code", "c0de") in found.shared
    assert found.differing == {}
    assert found.remark == ""


def test_a_log_that_names_several_seeds_belongs_to_each_and_to_no_other(tmp_path):
    folder = tmp_path / "logs/train/self/t"
    folder.mkdir(parents=True)
    for name in ("fold1_seed_1_2", "fold1_seed_3_12", "fold11_seed_2"):
        (folder / f"{name}.log").touch()

    def names(seed):
        run = {"model": "self", "modalities": "t", "fold": 1, "seed": seed}
        return [path.stem for path in logs_of(tmp_path, run)]

    assert names(2) == ["fold1_seed_1_2"]
    assert names(12) == ["fold1_seed_3_12"]
    assert names(4) == []


def test_what_runs_differ_in_is_told_with_the_runs():
    runs = [record(1, 1), record(1, 2, code="new"), record(2, 1, training={"batch_size": 64})]
    assert differences(runs) == {
        "code": {"c0de": ["fold 1 seed 1", "fold 2 seed 1"], "new": ["fold 1 seed 2"]},
        "training.batch_size": {"32": ["fold 1 seed 1", "fold 1 seed 2"], "64": ["fold 2 seed 1"]},
    }


def test_seeds_of_different_jobs_do_not_differ():
    assert differences([record(1, 1, job_seeds=[1]), record(1, 2, job_seeds=[2, 3])]) == {}


def test_splits_are_compared_within_a_fold_alone():
    assert differences([record(1, 1), record(2, 1)]) == {}
    assert list(differences([record(1, 1), record(1, 2, split="other")])) == ["split of fold 1"]


@pytest.mark.parametrize(
    ("table", "model", "modalities", "system"),
    [
        ("table1", "Self", "T+V+A", ("self", "tva")),
        ("table1", "self", "avt", ("self", "tva")),
        ("table1", "AMH", "ta", ("mha", "ta")),  # the column that they share
        ("table2", "MHA", "A+T", ("mha", "ta")),
    ],
)
def test_names_are_known_as_inside_and_as_printed(results, table, model, modalities, system):
    scores = pd.read_csv(results / "metrics/runs.csv")
    assert find_system(scores, table, model, modalities) == system


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("table1", "slef", "tva"), "did you mean self"),
        (("tabel1", "self", "tva"), "did you mean table1"),
        (("table1", "self", "t+x"), "not a set of modalities"),
        (("table1", "self", "ta"), r"no runs on T\+A; it has some on T\+V\+A"),
        (("table2", "AMH", "ta"), "AMH is not a model with runs here"),
    ],
)
def test_unknown_names_are_told_with_the_near_ones(results, arguments, message):
    with pytest.raises(DataError, match=message):
        trace(results, *arguments)


def test_table_2_has_a_model_on_its_largest_set_alone(results):
    scores = pd.DataFrame({"model": "self", "modalities": ["t", "tva"]})
    assert find_system(scores, "table2", "self", "tva") == ("self", "tva")
    with pytest.raises(DataError, match="largest set"):
        find_system(scores, "table2", "self", "t")


def test_a_table_that_does_not_print_the_means_is_told(results):
    (results / "tables/table1.txt").write_text("T+V+A  .626 ± .177  .700 ± .141\n")
    assert "does not print these means" in trace(results, "table1", "self", "tva").remark


def test_a_run_that_was_trained_again_since_is_named_with_its_numbers_now(results):
    path = results / "runs/self/tva/fold1_seed2/predictions.csv"
    predictions("nnnnn").to_csv(path, index=False)
    found = trace(results, "table1", "self", "tva")
    assert "fold 1 seed 2 (now WA 0.5000, UWA 0.4000)" in found.remark
    assert "seed 1" not in found.remark
    assert found.runs[1][2:4] == ("0.7500", "0.8000")  # the table's numbers still


def test_a_finished_run_that_the_table_leaves_out_is_named(results):
    folder = results / "runs/self/tva/fold1_seed3"
    folder.mkdir()
    predictions("aaaaa").to_csv(folder / "predictions.csv", index=False)
    found = trace(results, "table1", "self", "tva")
    assert found.remark == "Runs that the table does not count: fold1_seed3"


def test_the_only_results_near_are_found_and_several_are_named(results, monkeypatch, capsys):
    demo = results / "work/results/demo"
    demo.mkdir(parents=True)
    for name in ("metrics", "tables", "runs", "logs"):
        (results / name).rename(demo / name)
    monkeypatch.chdir(results / "work")
    command = ["trace", "table1", "self", "tva"]
    assert main(command) == 0
    assert "results/demo/runs/self/tva/fold1_seed1" in capsys.readouterr().out
    shutil.copytree(demo, "results/other")
    assert main(command) == 2
    assert "results/demo, results/other. Choose one with --results" in capsys.readouterr().err
    assert main([*command, "--results", "results/dmo"]) == 2
    assert "(results are in results/demo, results/other)" in capsys.readouterr().err
    shutil.copytree(demo, "results", dirs_exist_ok=True)  # the configured folder comes first
    assert main(command) == 0
    assert "  results/runs/self/tva/fold1_seed1" in capsys.readouterr().out


def test_without_any_results_near_it_is_said_what_was_looked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["trace", "table1", "self", "tva"]) == 2
    assert "no results here: expected results/metrics/runs.csv" in capsys.readouterr().err


def test_results_that_are_not_there_are_a_message_not_a_crash(results, tmp_path, capsys):
    (results / "runs/self/tva/fold1_seed2/config.yaml").unlink()
    options = ["--results", str(results)]
    assert main(["trace", "table1", "self", "tva", *options]) == 2
    assert "fold1_seed2/config.yaml: expected the record of a run" in capsys.readouterr().err
    assert main(["trace", "table1", "self", "tva", "--results", str(tmp_path / "none")]) == 2
    assert "metrics/runs.csv: there is no such file" in capsys.readouterr().err


def test_the_command_prints_cell_runs_and_differences(results, capsys):
    path = results / "runs/self/tva/fold1_seed2/config.yaml"
    path.write_text(json.dumps(record(1, 2, code="new")))
    assert main(["trace", "table1", "Self", "T+V+A", "--results", str(results)]) == 0
    text = capsys.readouterr().out
    assert "balanced_accuracy  0.625 ± 0.177" in text
    assert "code: new (fold 1 seed 2)" in text
