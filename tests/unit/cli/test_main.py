"""The commands."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from explored import write_results

from emofusion.cli.app import app, main, one_by_one
from emofusion.cli.columns import fitted
from emofusion.splits.published import published_split

ROOT = Path(__file__).parents[3]
COUNT = 60
LABELS = ["neu" if i % 3 else "ang" for i in range(COUNT)]


@pytest.fixture
def release(tmp_path):
    """A dialog of 60 turns, each a hundredth of a second longer than the one before."""
    folder = tmp_path / "release/Session1/dialog/EmoEvaluation"
    folder.mkdir(parents=True)
    lines = [
        f"[{i}.0 - {i + 1 + i / 100}]\tSes01F_impro01_F{i:03d}\t{label}\t[2.5, 2.5, 2.5]"
        for i, label in enumerate(LABELS)
    ]
    (folder / "Ses01F_impro01.txt").write_text("\n".join(lines))
    return tmp_path / "release"


@pytest.fixture
def folds(tmp_path):
    """The same utterances as prepared folds, the split replayed."""
    root = tmp_path / "prepared"
    arrays = {
        "label": np.array([["ang", "neu"].index(label) for label in LABELS]),
        "nlp_trans": np.arange(1, COUNT + 1)[:, None],
        "audio_mfcc": np.ones((COUNT, 200, 2), np.float32),
        "audio_seqN": 100 + np.arange(COUNT),
        "video": np.ones((COUNT, 1, 2), np.float32),
        "video_seqN": np.ones(COUNT, int),
    }
    for fold in range(1, 6):
        folder = root / f"folds/fold0{fold}"
        folder.mkdir(parents=True)
        for partition in ("train", "dev", "test"):
            rows = published_split(COUNT, fold) == partition
            for name, values in arrays.items():
                np.save(folder / f"{partition}_{name}.npy", values[rows])
    np.save(root / "W_embedding.npy", np.zeros((COUNT + 1, 3), np.float32))
    return root


def test_folds_that_follow_the_replayed_split_are_confirmed(release, folds, capsys):
    order = ["--class-order", "ang", "neu"]
    assert main(["confirm-folds", str(release), str(folds), *order]) == 0
    text = capsys.readouterr().out
    assert "Confirmed: all 15 partitions" in text
    assert "correlate at 1.0000" in text


def test_folds_of_another_order_are_not_confirmed(release, folds, capsys):
    path = folds / "folds/fold03/train_label.npy"
    np.save(path, np.load(path)[::-1])
    order = ["--class-order", "ang", "neu"]
    assert main(["confirm-folds", str(release), str(folds), *order]) == 1
    assert "Not confirmed: 1 of 15 partitions" in capsys.readouterr().out


def test_models_are_listed_with_the_paper_s_parameters(capsys):
    assert main(["models"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^self +tva +1,645,892 +-$", text, re.M)
    assert re.search(r"^cross +tva +1,820,132 +-$", text, re.M)
    assert re.search(r"^mcsan +ta +[\d,]+ +lengths$", text, re.M)


def test_a_configuration_is_checked_with_its_overlays(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["check-config", "protocols/demo.yaml"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("The configuration is valid: 17 systems x 2 folds x 2 seeds = 68 runs")
    (tmp_path / "typo.yaml").write_text("training: {batch_sise: 3}\n")
    assert main(["check-config", "protocols/demo.yaml", str(tmp_path / "typo.yaml")]) == 2
    assert "training.batch_sise is not a known key; did you mean" in capsys.readouterr().err


def test_a_configuration_is_checked_from_any_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("source: synthetic\nsynthetic: {seed: 1, dialogs: 2, turns: 10}\n")
    assert main(["check-config", str(overlay)]) == 0
    assert "x 5 folds x 10 seeds" in capsys.readouterr().out
    # As in the workflow, a config.yaml of the working folder lies between the two.
    (tmp_path / "config.yaml").write_text("folds: [1, 2]\n")
    assert main(["check-config", str(overlay)]) == 0
    assert "x 2 folds x 10 seeds" in capsys.readouterr().out


def test_without_the_repository_the_missing_file_is_named(tmp_path, monkeypatch, capsys):
    source = tmp_path / "lib/python/emofusion/config/loading.py"
    monkeypatch.setattr("emofusion.config.loading.__file__", str(source))
    assert main(["check-config"]) == 2
    assert f"{tmp_path}/lib/config.yaml: there is no such file" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "a: [1", "- a"])
def test_an_overlay_that_is_no_yaml_is_named(tmp_path, monkeypatch, capsys, content):
    monkeypatch.chdir(ROOT)
    if content:
        (tmp_path / "x.yaml").write_text(content)
    assert main(["check-config", str(tmp_path / "x.yaml")]) == 2
    assert re.search(
        r"x\.yaml: (cannot be read|holds one list; expected keys)", capsys.readouterr().err
    )


def test_prediction_without_kept_weights_says_how_to_keep_them(tmp_path, capsys):
    assert main(["predict", str(tmp_path)]) == 2
    assert "keep_weights: all" in capsys.readouterr().err


def test_what_cannot_be_read_is_one_message(release, capsys):
    assert main(["confirm-folds", str(release), str(release)]) == 2
    assert "emofusion: " in (text := capsys.readouterr().err)
    assert "no prepared folds here" in text


@pytest.mark.parametrize("pair", ["seeds", "=1", "seeds: [1]", "seeds=[1"])
def test_a_key_without_a_value_on_the_command_line_is_named(pair, capsys):
    assert main(["check-config", "--config", pair]) == 2
    assert capsys.readouterr().err.startswith(f"emofusion: --config {pair}: expected KEY=VALUE")


def test_each_command_has_an_example_in_its_help(capsys):
    for command in app.registered_commands:
        name = command.callback.__name__.replace("_", "-")
        assert main([name, "--help"]) == 0
        assert f"Example: emofusion {name}" in capsys.readouterr().out


def test_several_values_may_follow_one_option():
    given = [
        "check-config",
        "--config",
        "a=1",
        "b=2",
        "--json",
        "x",
        "--model-files",
        "m.py",
        "n.py",
    ]
    assert list(one_by_one(given)) == [
        "check-config", "--config", "a=1", "--config", "b=2", "--json", "x",
        "--model-files", "m.py", "--model-files", "n.py",
    ]  # fmt: skip


def test_an_unknown_command_is_answered_with_the_nearest(capsys):
    assert main(["stats"]) == 2
    assert "status" in capsys.readouterr().err


def test_without_results_it_says_how_to_begin(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    text = capsys.readouterr().out
    assert "make demo" in text
    assert "snakemake --cores 8" in text


def test_where_runs_have_begun_it_names_status(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/runs").mkdir(parents=True)
    assert main([]) == 0
    assert "emofusion status" in capsys.readouterr().out


def test_with_results_it_says_what_can_be_done_with_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_results(tmp_path / "results")
    assert main([]) == 0
    text = capsys.readouterr().out
    assert text.startswith("results: 8 finished runs. For example:")
    assert "emofusion explore --results results " in text


def test_values_for_scripts_are_json(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_results(tmp_path / "results")
    assert main(["errors", "self/tva", "cross/tva", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["utterance_id"] for row in rows] == ["u4", "u5"]
    assert main(["best", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["system"] == "self/tva"


def test_help_imports_nothing_heavy():
    code = "import sys; from emofusion.__main__ import main; main(['predict', '--help']); " \
        "print({'torch', 'pandas', 'numpy'} & set(sys.modules))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


def test_a_pipe_that_is_closed_ends_a_command_quietly():
    command = f"{sys.executable} -m emofusion --help | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


def test_columns_are_cut_until_a_row_fits_the_terminal():
    assert fitted([10, 30, 20], 80) == [10, 30, 20]
    assert fitted([10, 30, 20], 44) == [10, 15, 15]
    assert fitted([10, 30, 20], 10) == [10, 12, 12]
