"""What tables and figures are given."""

import pandas as pd
import pytest

from emofusion.reporting.figures.classes import classes
from emofusion.reporting.figures.confusion import confusion
from emofusion.reporting.figures.curves import curves
from emofusion.reporting.inputs import read_inputs

KEYS = [{"model": model, "modalities": "t", "fold": 1, "seed": 1} for model in ("self", "cross")]
PREDICTIONS = (
    "utterance_id,partition,label,predicted,p_ang,p_sad\n"
    "u1,dev,ang,sad,0.1,0.9\nu2,test,ang,ang,0.9,0.1\nu3,test,sad,ang,0.8,0.2\n"
)
HISTORY = "epoch,train_loss,dev_loss,dev_accuracy\n1,0.7,0.7,0.5\n2,0.5,0.6,0.75\n"


@pytest.fixture
def files(tmp_path):
    texts = {
        "self.csv": PREDICTIONS,
        "cross.csv": PREDICTIONS.replace("u3,test,sad,ang", "u3,test,sad,sad"),
        "history.csv": HISTORY,
        "runs.csv": "model,modalities,fold,seed,best_epoch,recall_ang,recall_sad\n"
        "self,t,1,1,2,1.0,0.0\ncross,t,1,1,1,1.0,1.0\n",
        "summary.csv": "model,modalities,metric,runs,mean,std\nself,t,accuracy,2,0.5,0.1\n",
        "floors.csv": "floor,modalities,fold,accuracy\nmajority,,1,0.5\n",
        "missing.csv": "model,modalities,fold,seed\n",
        "split.csv": "utterance_id,partition,label\nu2,test,ang\nu3,test,sad\nu1,dev,ang\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_files_of_runs_come_with_their_keys_and_only_the_test_partition(files):
    paths = [str(files / "self.csv"), str(files / "cross.csv")]
    given = read_inputs({"predictions": paths}, runs=KEYS)
    assert [key["model"] for key, _ in given["predictions"]] == ["self", "cross"]
    assert list(given["predictions"][0][1]["utterance_id"]) == ["u2", "u3"]


def test_a_file_too_few_is_an_error_rather_than_a_run_under_another_s_name(files):
    with pytest.raises(ValueError, match="shorter"):
        read_inputs({"histories": [str(files / "history.csv")]}, runs=KEYS)


def test_metrics_floors_and_missing_runs_make_the_results(files):
    names = ("summary", "floors", "missing")
    about = {"runs": 2, "accept_missing": False, "source": "synthetic"}
    given = read_inputs({name: str(files / f"{name}.csv") for name in names}, about=about)
    assert list(given) == ["results"]
    assert given["results"].of("self", "t", "accuracy").mean == 0.5
    assert list(given["results"].floors["modalities"]) == [""]


def test_what_people_reach_is_part_of_the_results_where_it_is_known(files):
    (files / "humans.csv").write_text("quantity,of,value\naccuracy,,0.8\n")
    names = ("summary", "floors", "missing", "humans")
    about = {"runs": 2, "accept_missing": False, "source": "synthetic"}
    given = read_inputs({name: str(files / f"{name}.csv") for name in names}, about=about)
    assert list(given) == ["results"]
    [row] = given["results"].humans
    assert (row["quantity"], row["value"]) == ("accuracy", 0.8)


def test_confusion_matrices_are_those_of_the_first_run_and_of_all(files):
    runs = [KEYS[0], KEYS[0] | {"seed": 2}]
    paths = [str(files / "self.csv"), str(files / "cross.csv")]
    axes = confusion(**read_inputs({"predictions": paths}, runs=runs)).axes
    assert [axis.get_title() for axis in axes] == [
        "Self T\nfold 1, seed 1",
        "Self T\nall runs",
    ]
    # Rows are true classes in percent: angry all right; sad never, then in one of two runs.
    assert [[text.get_text() for text in axis.texts] for axis in axes] == [
        ["100", "0", "100", "0"],
        ["100", "0", "50", "50"],
    ]


def test_each_learning_curve_has_the_best_check_of_its_run(files):
    histories = [str(files / "history.csv")] * 2
    given = read_inputs({"histories": histories, "runs": str(files / "runs.csv")}, runs=KEYS)
    best = [
        [line.get_xdata().tolist() for line in axis.lines if line.get_marker() == "o"]
        for axis in curves(**given).axes[:2]
    ]
    assert best == [[[2]], [[1]]]


def test_recall_is_drawn_of_the_classes_that_runs_tell_apart_with_their_test_utterances(files):
    paths = {"runs": str(files / "runs.csv"), "splits": [str(files / "split.csv")] * 2}
    systems = [("self", "t"), ("cross", "t")]
    (axis,) = classes(
        **read_inputs(paths), widest_systems=systems, labels=["ang", "sad", "sur"]
    ).axes
    assert [label.get_text() for label in axis.get_xticklabels()] == ["ang\nn = 2", "sad\nn = 2"]


def test_a_table_of_comparisons_keeps_the_names_of_modality_sets_as_text(tmp_path):
    path = tmp_path / "comparisons.csv"
    pd.DataFrame({"modalities": ["t"], "p": [0.5]}).to_csv(path, index=False)
    assert read_inputs({"comparisons": str(path)})["comparisons"]["modalities"].to_list() == ["t"]
