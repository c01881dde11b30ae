import itertools
import re
from pathlib import Path

import pytest

from emofusion.__main__ import main
from emofusion.errors import DataError
from emofusion.evaluation.judge import clusters_of, judge, read

CONFIG = Path(__file__).parents[3] / "config.yaml"
SETTINGS = {
    "alpha": 0.05,
    "power": 0.8,
    "margins": {"balanced_accuracy": 0.02, "accuracy": 0.015},
    "bootstrap": 200,
    "seed": 0,
}
IDS = [f"Ses0{session}F_impro0{i}_{who}000" for session in (1, 2) for i in (1, 2) for who in "FM"]
LABELS = ["ang", "ang", "ang", "neu", "neu", "sad", "ang", "neu"]


def rows(wrong=(), folds=(1, 2, 3), seeds=(1, 2), ids=IDS):
    """Predictions that are right except at (fold, seed, position)."""
    return [
        (fold, seed, ids[i], LABELS[i], "xxx" if (fold, seed, i) in wrong else LABELS[i])
        for fold, seed, i in itertools.product(folds, seeds, range(len(ids)))
    ]


def write(path, table, head="fold,seed,utterance,label,predicted"):
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in table)]) + "\n")
    return path


def page(tmp_path, a, b, **options):
    paths = (write(tmp_path / f"{name}.csv", t) for name, t in (("a", a), ("b", b)))
    return judge(*paths, SETTINGS, **options)


WRONG = {(1, 1, 0), (1, 2, 3), (2, 1, 5), (2, 2, 0), (2, 1, 1), (3, 1, 2)}


def test_the_page_tells_what_was_compared_and_every_test(tmp_path):
    text = page(tmp_path, rows(), rows(WRONG))
    assert re.search(r"folds +1, 2, 3\n", text)
    assert re.search(r"runs +6 of A \(2 seeds a fold\) and 6 of B", text)
    assert re.search(r"utterances +24 tests of 8 utterances", text)
    assert re.search(r"labels +ang 12, neu 9, sad 3", text)
    assert re.search(r"test/train +0.500 \(1 / \(folds - 1\), assumed; --ratio sets it\)", text)
    # B is wrong 2, 3 and 1 times of 16: the mean difference is 6/48.
    assert "A 1.000, B .875; floor, always the most frequent test class: .500" in text
    assert re.search(r"paired over folds +\+\.125 \[-\.030, \+\.280\] +\.074", text)
    for test in ("as published", "corrected, over folds", "bootstrap, dialogs",
                 "bootstrap, speakers", "equivalence"):  # fmt: skip
        assert text.count(f"  {test} ") == 2
    # sad: right in 5 of 6.
    assert re.search(r"sad +3 +1\.000 +\.833 +\+\.167", text)
    assert max(map(len, text.splitlines())) <= 100 + len(str(tmp_path))


def test_no_warnings_where_there_are_none(tmp_path):
    assert "WARNINGS" not in page(tmp_path, rows(), rows())


def test_identical_systems_are_equivalent(tmp_path):
    text = page(tmp_path, rows(WRONG), rows(WRONG))
    assert "VERDICT: A is equivalent within .020" in text
    assert "VERDICT: A is equivalent within .015" in text


def test_the_given_ratio_is_used_and_stated(tmp_path):
    text = page(tmp_path, rows(), rows(WRONG), ratio=0.17)
    assert "0.170 (given)" in text
    assert text != page(tmp_path, rows(), rows(WRONG))


def test_one_fold_is_warned_of_and_undecided(tmp_path):
    text = page(tmp_path, rows(folds=[1]), rows(WRONG, folds=[1]))
    assert "One fold: no test over folds is possible" in text
    assert text.count("VERDICT: undecided (one fold)") == 2


def test_missing_seeds_and_other_folds_are_warned_of(tmp_path):
    fewer = [row for row in rows(folds=[1, 2, 4]) if row[:2] != (2, 1)]
    text = page(tmp_path, rows(), fewer)
    assert "A alone has 3; B alone has 4" in text
    assert "Not as many seeds everywhere (elsewhere 2): B has 1 in fold 2." in text


def test_utterances_that_a_run_lacks_are_left_out_everywhere(tmp_path):
    lacking = [row for row in rows() if (row[0], row[1], row[2]) != (1, 2, IDS[0])]
    text = page(tmp_path, rows({(1, 1, 0)}), lacking)
    assert "1 of 24 test utterances are left out" in text
    assert "VERDICT: A is equivalent within" in text  # the one wrong prediction is among them
    assert re.search(r"utterances +23 tests", text)


def test_a_prediction_that_is_no_label_is_warned_of(tmp_path):
    assert "B predicts what is no test label: xxx." in page(tmp_path, rows(), rows(WRONG))


def test_without_dialogs_the_page_says_how_to_get_the_bootstrap(tmp_path):
    ids = [f"clip{i}" for i in range(8)]
    text = page(tmp_path, rows(ids=ids), rows(ids=ids))
    assert "No bootstrap over dialogs and speakers" in text
    assert "bootstrap, dialogs" not in text


def test_dialogs_and_speakers_come_from_ids_or_columns(tmp_path):
    of_ids = read(write(tmp_path / "a.csv", rows(folds=[1], seeds=[1])))
    found = clusters_of(of_ids, of_ids)
    assert found["dialog"]["Ses02F_impro01_M000"] == "Ses02F_impro01"
    assert found["speaker"]["Ses02F_impro01_M000"] == "Ses02M"
    head = "fold,seed,utterance_id,label,predicted,speaker"
    own = read(write(tmp_path / "b.csv", [(1, 1, "x", "ang", "ang", "Ann")], head))
    assert clusters_of(own, own)["speaker"].to_dict() == {"x": "Ann"}
    assert "dialog" not in clusters_of(own, own)


def test_a_folder_of_runs_is_read_on_its_test_partition(tmp_path):
    for seed in (1, 2):
        folder = tmp_path / f"runs/fold3_seed{seed}"
        folder.mkdir(parents=True)
        lines = [("u1", "dev", "ang", "neu"), ("u2", "test", "ang", "ang")]
        write(folder / "predictions.csv", lines, "utterance_id,partition,label,predicted")
    table = read(tmp_path / "runs")
    assert table[["fold", "seed", "utterance_id"]].to_numpy().tolist() == [
        ["3", "1", "u2"],
        ["3", "2", "u2"],
    ]
    with pytest.raises(DataError, match=r"no runs here; expected fold<fold>_seed<seed>"):
        read(tmp_path)


HEAD = "fold,seed,utterance_id,label,predicted"


@pytest.mark.parametrize(
    ("head", "lines", "message"),
    [
        ("fold,seed,id,label,predicted", [(1, 1, "u", "a", "a")],
         "no column utterance_id; found fold, seed, id"),
        ("a", [(1, 1), (1, 1, 1)], "cannot be read as a CSV file"),
        (HEAD, [], "no predictions"),
        (HEAD, [(1, 1, "u", "a", "")], "predicted is empty in 1 rows, first for fold 1"),
        (HEAD, [(1, 1, "u", "a", "a")] * 2, "1 rows too many, first fold 1, seed 1, utterance u"),
        (HEAD, [(1, 1, "u", "a", "a"), (1, 2, "u", "b", "a")],
         "utterance u has the labels a and b"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named(tmp_path, head, lines, message):
    with pytest.raises(DataError, match=rf"x\.csv: {message}"):
        read(write(tmp_path / "x.csv", lines, head))


def test_systems_without_anything_in_common_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"no fold in common, found 1, 2, 3 and 4"):
        page(tmp_path, rows(), rows(folds=[4]))
    other = [(*row[:3], "hap", row[4]) if row[2] == IDS[3] else row for row in rows()]
    with pytest.raises(DataError, match=rf"1 utterances have different labels, first {IDS[3]}"):
        page(tmp_path, rows(), other)
    elsewhere = [row for row in rows() if row[0] != 2] + rows(folds=[2], ids=["v", "w"])
    with pytest.raises(DataError, match=r"in fold 2 no utterance is in every run of both"):
        page(tmp_path, rows(), elsewhere)


def test_the_command_reads_the_configuration_s_statistics(tmp_path, capsys):
    a, b = write(tmp_path / "a.csv", rows()), write(tmp_path / "b.csv", rows(WRONG))
    assert main(["judge", str(a), str(b), "--settings", str(CONFIG)]) == 0
    assert "VERDICT" in capsys.readouterr().out
    settings = tmp_path / "x.yaml"
    assert main(["judge", str(a), str(b), "--settings", str(settings)]) == 2
    assert "x.yaml: no such file; name one" in capsys.readouterr().err
    settings.write_text("seeds: [1]\n")
    assert main(["judge", str(a), str(b), "--settings", str(settings)]) == 2
    assert "x.yaml: no section `statistics`" in capsys.readouterr().err
    settings.write_text("statistics: {alpha: 0.1}\n")  # laid over the repository's
    assert main(["judge", str(a), str(b), "--settings", str(settings)]) == 0
    capsys.readouterr()
    settings.write_text(CONFIG.read_text().replace("power: 0.8", "power: 1.8"))
    assert main(["judge", str(a), str(b), "--settings", str(settings)]) == 2
    assert "statistics.power: " in capsys.readouterr().err
