import itertools
import re
from pathlib import Path

import pytest

from emofusion.cli.app import main
from emofusion.errors import DataError
from emofusion.evaluation.judge import judge
from emofusion.evaluation.predictions import clusters_of, read

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
    assert re.search(r"utterances +8, tested 24 times over all folds", text)
    assert re.search(r"labels +ang 12, neu 9, sad 3", text)
    assert re.search(r"test/train +0.500 \(1 / \(folds - 1\), assumed; --ratio sets it\)", text)
    # B is wrong 2, 3 and 1 times of 16: the mean difference is 6/48. The differences of the folds
    # deviate by .0625; sampling 8 utterances a fold has the error sqrt(3 x 1.0625 / 21 / 8) / 3,
    # times sqrt(3), since each fold tests the same.
    assert "A 1.000, B .875; floor, always the most frequent test class: .500" in text
    assert re.search(r"paired over folds +\+\.125 \[-\.217, \+\.467\] +\.257", text)
    for test in ("as published", "Nadeau-Bengio", "bootstrap, dialogs",
                 "bootstrap, speakers", "equivalence"):  # fmt: skip
        assert text.count(f"  {test} ") == 2
    # sad: right in 5 of 6.
    assert re.search(r"sad +3 +1\.000 +\.833 +\+\.167", text)
    assert max(map(len, text.splitlines())) <= 100 + len(str(tmp_path))


def test_no_warnings_where_there_are_none(tmp_path):
    assert "WARNINGS" not in page(tmp_path, rows(), rows())


def test_identical_systems_are_equivalent(tmp_path):
    four = [rows(WRONG, folds=(1, 2, 3, 4))] * 2
    text = page(tmp_path, *four)
    assert "VERDICT: A and B are equivalent within .020" in text
    assert "VERDICT: A and B are equivalent within .015" in text
    assert "is about these 4 speakers" in text


def test_folds_that_leave_speakers_out_make_speakers_the_samples(tmp_path):
    table = [row for row in rows() if row[0] == {"1": 1, "2": 2}[row[2][4]]]
    text = page(tmp_path, table, table)
    line = next(line for line in text.splitlines() if "paired over speakers" in line)
    assert line.endswith("1.000  primary: speakers as samples")
    assert "Each of 4 speakers is tested in one fold only" in text


def test_the_given_ratio_is_used_and_stated(tmp_path):
    text = page(tmp_path, rows(), rows(WRONG), ratio=0.17)
    assert "0.170 (given)" in text
    assert text != page(tmp_path, rows(), rows(WRONG))


@pytest.mark.parametrize("ratio", [0, -0.2, float("nan"), float("inf")])
def test_a_ratio_that_none_can_be_is_refused(tmp_path, ratio):
    with pytest.raises(DataError, match=r"--ratio: found .*, expected .* such as 0\.25"):
        page(tmp_path, rows(), rows(WRONG), ratio=ratio)


def test_a_ratio_above_one_is_asked_about(tmp_path):
    text = page(tmp_path, rows(), rows(WRONG), ratio=17.4)
    assert "Is it a percentage?" in " ".join(text.split())


def test_predictions_in_another_spelling_are_matched_with_a_note(tmp_path):
    table = rows(folds=(1, 2, 3, 4))
    text = page(tmp_path, table, [(*row[:4], f" {row[4].upper()} ") for row in table])
    note = "The column predicted of B is read: ANG as ang, NEU as neu, SAD as sad."
    assert note in " ".join(text.split())
    assert text.count("VERDICT: A and B are equivalent within") == 2


def test_the_better_system_stays_it_where_its_labels_once_were_floats(tmp_path):
    numbers = {"ang": 0, "neu": 1, "sad": 2, "xxx": 3}
    a = [(*row[:3], numbers[row[3]], numbers[row[4]]) for row in rows(WRONG)]
    b = [(*row[:3], numbers[row[3]], f"{numbers[row[4]]}.0") for row in rows()]
    text = page(tmp_path, a, b)
    assert "0.0 as 0, 1.0 as 1, 2.0 as 2" in text
    assert "A .875, B 1.000" in text


def test_one_fold_is_warned_of_and_undecided(tmp_path):
    text = page(tmp_path, rows(folds=[1]), rows(WRONG, folds=[1]))
    assert "One fold: verdicts rest on" in text
    assert (
        len(
            re.findall(r"VERDICT: undecided \(\d \w+s, a verdict on one partition needs 10\)", text)
        )
        == 2
    )


def test_missing_seeds_and_other_folds_are_warned_of(tmp_path):
    fewer = [row for row in rows(folds=[1, 2, 4]) if row[:2] != (2, 1)]
    text = page(tmp_path, rows(), fewer)
    assert "only A has 3; only B has 4" in text
    assert "Some folds have fewer seeds than others (2): B has 1 in fold 2." in text


def test_utterances_that_a_run_lacks_are_left_out_everywhere(tmp_path):
    folds = (1, 2, 3, 4)
    lacking = [row for row in rows(folds=folds) if row[:3] != (1, 2, IDS[0])]
    text = page(tmp_path, rows({(1, 1, 0)}, folds=folds), lacking)
    assert "1 of 32 test utterances are left out" in text
    assert "VERDICT: A and B are equivalent" in text  # the one wrong prediction is among them
    assert re.search(r"utterances +\d+, tested 31 times", text)


def test_a_prediction_that_is_no_label_is_warned_of(tmp_path):
    text = page(tmp_path, rows(), rows(WRONG))
    assert "B predicts classes that no test utterance has: xxx." in text


def test_without_dialogs_the_page_says_how_to_get_the_bootstrap(tmp_path):
    ids = [f"clip{i}" for i in range(8)]
    text = page(tmp_path, rows(ids=ids), rows(ids=ids))
    assert "No bootstrap over dialogs and speakers: needs a column dialog, speaker" in text
    assert "bootstrap, dialogs" not in text


def test_one_speaker_is_no_several(tmp_path):
    table = [(*row, "Ann") for row in rows(ids=[f"clip{i}" for i in range(8)])]
    head = "fold,seed,utterance_id,label,predicted,speaker"
    a = write(tmp_path / "a.csv", table, head)
    text = " ".join(judge(a, a, SETTINGS).split())
    assert "The verdict is about this one speaker" in text
    assert "No bootstrap over dialogs: needs a column dialog with a value" in text


def test_dialogs_and_speakers_come_from_ids_or_columns(tmp_path):
    of_ids = read(write(tmp_path / "a.csv", rows(folds=[1], seeds=[1]))).table
    found = clusters_of(of_ids, of_ids)
    assert found["dialog"]["Ses02F_impro01_M000"] == "Ses02F_impro01"
    assert found["speaker"]["Ses02F_impro01_M000"] == "Ses02M"
    head = "fold,seed,utterance_id,label,predicted,speaker"
    own = read(write(tmp_path / "b.csv", [(1, 1, "x", "ang", "ang", "Ann")], head)).table
    assert clusters_of(own, own)["speaker"].to_dict() == {"x": "Ann"}
    assert "dialog" not in clusters_of(own, own)


def test_a_folder_of_runs_is_read_on_its_test_partition(tmp_path):
    for seed in (1, 2):
        folder = tmp_path / f"runs/fold3_seed{seed}"
        folder.mkdir(parents=True)
        lines = [("u1", "dev", "ang", "neu"), ("u2", "test", "ang", "ang")]
        write(folder / "predictions.csv", lines, "utterance_id,partition,label,predicted")
    table = read(tmp_path / "runs").table
    assert table[["fold", "seed", "utterance_id"]].to_numpy().tolist() == [
        ["3", "1", "u2"],
        ["3", "2", "u2"],
    ]
    with pytest.raises(DataError, match=r"no runs here; expected fold<fold>_seed<seed>"):
        read(tmp_path)


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
    assert "x.yaml: no such file; --settings expects" in capsys.readouterr().err
    settings.write_text("- 1\n")
    assert main(["judge", str(a), str(b), "--settings", str(settings)]) == 2
    assert "x.yaml: holds one list; expected keys" in capsys.readouterr().err
    settings.write_text("seeds: [1]\n")
    assert main(["judge", str(a), str(b), "--settings", str(settings)]) == 2
    assert "x.yaml: no section `statistics`" in capsys.readouterr().err
    settings.write_text("statistics: {alpha: 0.1}\n")  # applied on top of the repository's
    assert main(["judge", str(a), str(b), "--settings", str(settings)]) == 0
    capsys.readouterr()
    settings.write_text(CONFIG.read_text().replace("power: 0.8", "power: 1.8"))
    assert main(["judge", str(a), str(b), "--settings", str(settings)]) == 2
    assert "statistics.power: " in capsys.readouterr().err
