"""Utterances that one system gets right and another wrong, on three made-up utterances."""

import pandas as pd
import pytest

from emofusion.errors import DataError
from emofusion.evaluation.disagreement import disagreement

GUESSES = {
    # system: {seed: predictions of u1, u2, u3}; the truth is sad, sad, hap
    "self": {1: ["sad", "sad", "sad"], 2: ["sad", "sad", "hap"]},
    "cross": {1: ["hap", "sad", "hap"], 2: ["sad", "hap", "hap"]},
}


@pytest.fixture
def results(tmp_path):
    rows = []
    for model, seeds in GUESSES.items():
        for seed, guesses in seeds.items():
            folder = tmp_path / f"runs/{model}/ta/fold1_seed{seed}"
            folder.mkdir(parents=True)
            table = pd.DataFrame({"utterance_id": ["u1", "u2", "u3"], "partition": "test"})
            table["label"] = ["sad", "sad", "hap"]
            table["predicted"] = guesses
            table["p_sad"] = [0.8 if guess == "sad" else 0.2 for guess in guesses]
            table["p_hap"] = 1 - table["p_sad"]
            table.to_csv(folder / "predictions.csv", index=False)
            rows.append({"model": model, "modalities": "ta", "fold": 1, "seed": seed})
    (tmp_path / "metrics").mkdir()
    pd.DataFrame(rows).to_csv(tmp_path / "metrics/runs.csv", index=False)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/selected.csv").write_text("utterance_id,transcript\nu1,NA\nu3,yes\n")
    return tmp_path


def test_utterances_that_only_one_system_gets_right_in_most_runs_are_listed(results):
    table = disagreement(results, "self/ta", "cross/ta")
    assert list(table["utterance_id"]) == ["u1", "u2", "u3"]  # equal distances: in their order
    assert list(table["right_a"]) == [1.0, 1.0, 0.5]  # half of the runs are not most of them
    assert list(table["right_b"]) == [0.5, 0.5, 1.0]
    assert list(table["runs_a"]) == [2, 2, 2]
    assert list(table["p_a"]) == pytest.approx([0.8, 0.8, 0.5])
    assert list(table["p_b"]) == pytest.approx([0.5, 0.5, 0.8])
    assert list(table["transcript"]) == ["NA", "", "yes"]


def test_a_system_does_not_differ_from_itself(results):
    assert disagreement(results, "self/ta", "self/ta").empty


def test_an_unknown_system_is_answered_with_those_that_are_there(results):
    with pytest.raises(DataError, match=r"self/tva: no such system .* self/ta, cross/ta"):
        disagreement(results, "self/tva", "cross/ta")


def test_a_folder_without_results_is_named(tmp_path):
    with pytest.raises(DataError, match=r"runs\.csv: no such file; run the workflow"):
        disagreement(tmp_path, "self/ta", "cross/ta")
