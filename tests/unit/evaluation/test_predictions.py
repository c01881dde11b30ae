"""Predictions that somebody hands in to be judged."""

import hashlib
import json

import pandas as pd
import pytest

from emofusion.errors import DataError
from emofusion.evaluation.comparison import ratios_in
from emofusion.evaluation.predictions import in_common, ratios_of, read
from emofusion.splits.leakage import leakage

HEAD = "fold,seed,utterance_id,label,predicted"
ROWS = ["1,1,u1,sad,sad", "1,1,u2,ang,sad", "2,1,u3,ang,ang"]


def write(path, lines, head=HEAD):
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def columns(path):
    return read(path).table[["fold", "utterance_id", "label", "predicted"]].to_numpy().tolist()


def both(tmp_path, a, b, head=HEAD):
    """What `in_common` says of two files."""
    paths = [write(tmp_path / name, lines, head) for name, lines in (("a.csv", a), ("b.csv", b))]
    return in_common(*map(read, paths))


EXPECTED = [["1", "u1", "sad", "sad"], ["1", "u2", "ang", "sad"], ["2", "u3", "ang", "ang"]]


@pytest.mark.parametrize(
    "content",
    [
        "\n".join([HEAD, *ROWS]),
        "\n".join([HEAD, *(f"{row}," for row in ROWS)]),
        "\n".join([f"{HEAD},", *(f"{row}," for row in ROWS)]),
        "\r\n".join([HEAD, *ROWS]) + "\r\n\r\n",
        "\ufeff" + "\n".join([HEAD, *ROWS]),
        "\n".join([HEAD, *ROWS]).replace(",", " , "),
        "\n".join([f",{HEAD}", *(f"{n},{row}" for n, row in enumerate(ROWS))]),
        "\n".join([HEAD, *(f'"{row}"'.replace(",", '","') for row in ROWS)]),
        "\n".join([HEAD, *ROWS]).replace("1,1,u", "1.0,1,u").replace("2,1,u", "2.0,1,u"),
    ],
    ids=["plain", "comma at the end of rows", "and of the header", "Windows", "BOM", "blanks",
         "the index of pandas", "quoted", "folds once were floats"],
)  # fmt: skip
def test_a_file_is_read_by_its_columns_however_it_was_written(tmp_path, content):
    (tmp_path / "x.csv").write_bytes(content.encode())
    assert columns(tmp_path / "x.csv") == EXPECTED


@pytest.mark.parametrize(
    ("head", "lines", "message"),
    [
        ("fold,seed,id,label,predicted", ["1,1,u,a,a"],
         ": no column utterance_id; found fold, seed, id"),
        (HEAD, [], ": no predictions"),
        (HEAD, ["1,1,u,a,"], ": predicted is empty in 1 rows, first for fold 1"),
        (HEAD, ["1,1,u,a,a"] * 2, ": 1 duplicate rows, first for fold 1, seed 1, utterance u"),
        (HEAD, ["1,1,u,a,a", "1,2,u,b,a"], ": utterance u has the labels a and b"),
        (f"{HEAD},speaker", ["1,1,u,a,a,Ann", "1,2,u,a,a,Bob"],
         ": utterance u has the speakers Ann and Bob; expected the same speaker"),
        (HEAD, ["1,1,u,a,a", "1,1,v,a,a,b"], ", line 3: 6 values, but the header names 5 columns"),
        (HEAD, ["1,1,u,a,a", "1,1,v,a"], ", line 3: 4 values, but the header names 5 columns"),
        (HEAD, ["0,1,1,u,a,a"], ", line 2: 6 values, but the header names 5 columns"),
        (HEAD, ['1,1,"u,a,a'], ", line 2: unexpected end of data; expected a CSV file"),
        (HEAD.replace(",", ";"), ["1;1;u;a;a"], ": values are separated by ';'; expected a CSV"),
        (HEAD.replace(",", "\t"), ["1\t1\tu\ta\ta"], r": values are separated by '\\t'"),
        (f"{HEAD},label", ["1,1,u,a,a,b"], ": more than one column label; expected one"),
        (f"{HEAD},partition", ["1,1,u,a,a,Test", "1,1,v,a,a,Dev"],
         r": the column partition has Test \(1\), Dev \(1\); expected `test`"),
        (f"{HEAD},partition", ["1,1,u,a,a,test", "1,1,v,a,a,TEST"],
         r": the column partition has test \(1\), TEST \(1\); expected `test`"),
        (HEAD, ["1,1,u,Sad,sad", "1,1,v,sad,sad"], ": label has Sad and sad: one class or two"),
        (HEAD, ["1,1,u,2,2", "1,1,v,1,2.0"], ": predicted has 2 and 2.0: one class or two"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named(tmp_path, head, lines, message):
    with pytest.raises(DataError, match=rf"x\.csv{message}"):
        read(write(tmp_path / "x.csv", lines, head))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ": is an empty file; expected a CSV file in UTF-8 with the columns fold, seed"),
        (b"\n\n", ": is empty"),
        ("\n".join([HEAD, *ROWS]).encode("utf-16"), ": is UTF-16 text; expected a CSV file"),
        (f"{HEAD}\n1,1,u,caf\xe9,caf\xe9\n".encode("latin-1"), ", line 2: is not UTF-8"),
        (b"PK\x03\x04" + bytes(9), ": is a zip archive, as numpy.savez, torch.save and Excel"),
        (b"version https://git-lfs.github.com/spec/v1\n", ": is a Git LFS pointer"),
        (None, ": no such file; expected a CSV file .*, or a folder of runs"),
    ],
)
def test_what_is_no_csv_file_is_named_by_what_it_is(tmp_path, content, message):
    if content is not None:
        (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"x\.csv{message}"):
        read(tmp_path / "x.csv")


def test_only_the_test_partition_counts(tmp_path):
    lines = [f"{row},test" for row in ROWS] + ["1,1,u9,neu,neu,train"]
    found = read(write(tmp_path / "x.csv", lines, f"{HEAD},partition"))
    assert list(found.table["utterance_id"]) == ["u1", "u2", "u3"]
    assert found.classes == {"sad", "ang", "neu"}


def test_classes_in_other_spellings_are_those_of_a_with_a_note(tmp_path):
    other = [line.replace("sad", "SAD").replace("ang,ang", "Ang,ANG") for line in ROWS]
    with pytest.raises(DataError, match=r"b\.csv: label has Ang and ang: one class or two"):
        both(tmp_path, ROWS, other)
    other = ["1,1,u1,Sad,SAD", "1,1,u2,Ang,SAD", "2,1,u3,Ang,ang"]
    (_, b), notes = both(tmp_path, ROWS, other)
    assert b[["label", "predicted"]].to_numpy().tolist() == [row[2:] for row in EXPECTED]
    assert notes[:2] == [
        "The column label of B is read: Ang as ang, Sad as sad.",
        "The column predicted of B is read: SAD as sad.",
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["1,1,u1,sad,sadness", "1,1,u2,ang,anger"],
         r"b\.csv: predicts anger, sadness, which is not a label, and never ang, sad; labels are"),
        (["1,1,u1,sad,sad", "1,1,u2,ang,angry"], "predicts angry, .*, and never ang"),
        (["1,1,u1,hap,hap", "1,1,u2,ang,ang"],
         r"1 utterances have different labels, first u1 with sad and hap \(A has ang, sad; B has"),
        (["1,1,u1,1,1", "1,1,u2,0,0"], "2 utterances have different labels"),
    ],
)  # fmt: skip
def test_classes_that_do_not_match_are_named(tmp_path, lines, message):
    with pytest.raises(DataError, match=message):
        both(tmp_path, ["1,1,u1,sad,sad", "1,1,u2,ang,ang"], lines)


def test_an_utterance_of_another_speaker_in_b_is_named(tmp_path):
    a, b = ([f"1,1,u1,sad,sad,{name}", "1,1,u2,ang,ang,Eve"] for name in ("Ann", "Bob"))
    with pytest.raises(DataError, match=r"a\.csv, .*b\.csv: utterance u1 has the speakers Ann and"):
        both(tmp_path, a, b, f"{HEAD},speaker")


def test_a_class_may_be_a_number_of_any_length(tmp_path):
    nines = "9" * 400
    a, b = ([f"1,1,u1,{one},{one}", "1,1,u2,ang,ang"] for one in (nines, f"{nines}.0"))
    (_, table), _ = both(tmp_path, a, b)
    assert list(table["predicted"]) == [nines, "ang"]


def test_a_class_that_the_test_partitions_lack_may_be_predicted(tmp_path):
    lines = ["1,1,u1,sad,sad", "1,1,u2,sad,sur", "1,1,u3,ang,ang"]
    _, notes = both(tmp_path, lines, lines)
    assert (
        notes[0]
        == "A predicts classes that no test utterance has: sur. These predictions count as wrong."
    )
    lines = [
        "1,1,u1,sad,sad,.5",
        "1,1,u2,sad,sur,.5",
        "1,1,u3,ang,sad,.5",
    ]  # ang is never predicted
    with pytest.raises(DataError, match="predicts sur, which is not a label, and never ang"):
        both(tmp_path, lines, lines, f"{HEAD},p_sad")
    _, notes = both(tmp_path, lines, lines, f"{HEAD},p_sur")
    assert (
        notes[0]
        == "A predicts classes that no test utterance has: sur. These predictions count as wrong."
    )


SIZES = {"1": (2, 5), "2": (1, 6)}  # utterances of the test and training partitions


@pytest.fixture
def results(tmp_path):
    """Two folds of a system, and the split tables that its runs name."""
    for fold, (test, train) in SIZES.items():
        names = ["test"] * test + ["train"] * train + ["dev"] * 2
        table = pd.DataFrame({"utterance_id": range(len(names)), "partition": names})
        split = tmp_path / f"splits/fold{fold}.csv"
        run = tmp_path / f"runs/self/tva/fold{fold}_seed1"
        split.parent.mkdir(exist_ok=True)
        run.mkdir(parents=True)
        table.assign(label="sad").to_csv(split, index=False)
        record = {"split": hashlib.sha256(split.read_bytes()).hexdigest()}
        (run / "config.yaml").write_text(json.dumps(record))
        lines = [f"{n},test,sad,sad" for n in range(test)]
        write(run / "predictions.csv", lines, "utterance_id,partition,label,predicted")
    return tmp_path


def test_the_split_tables_of_our_runs_tell_the_ratio_that_the_workflow_s_table_has(results):
    found = read(results / "runs/self/tva")
    ratios, stated, warnings = ratios_of([found, found], ["1", "2"])
    assert ratios == {"1": 2 / 5, "2": 1 / 6}
    assert (stated, warnings) == ("from the runs' splits", [])
    splits = {int(fold): pd.read_csv(results / f"splits/fold{fold}.csv") for fold in SIZES}
    facts = {"speaker": "", "dialog": "", "transcript": "", "method": "", "label": "sad"}
    selected = pd.DataFrame({"utterance_id": range(9)}).assign(**facts)
    assert ratios_in(leakage(splits, selected)) == {1: ratios["1"], 2: ratios["2"]}


def test_split_tables_that_changed_since_the_runs_tell_no_ratio(results):
    with (results / "splits/fold2.csv").open("a") as file:
        file.write("99,train,sad\n")
    found = read(results / "runs/self/tva")
    ratios, stated, warnings = ratios_of([found, found], ["1", "2"])
    assert ratios == {"1": 1, "2": 1}
    assert stated.startswith("1 / (folds - 1), assumed")
    assert (
        "are missing or have changed since training: test/train is assumed from 2 folds"
        in warnings[0]
    )


def test_one_system_with_split_tables_is_enough_and_the_larger_ratio_counts(results, tmp_path):
    ours = read(results / "runs/self/tva")
    other = read(write(tmp_path / "x.csv", ROWS))
    assert ratios_of([other, ours], ["2"])[0] == {"2": 1 / 6}
    (results / "runs/self/tva").rename(results / "runs/self/ta")
    other = read(results / "runs/self/ta")
    other.ratios["1"] = 0.5
    ratios, _, warnings = ratios_of([ours, other], ["1", "2"])
    assert ratios == {"1": 0.5, "2": 1 / 6}
    assert warnings == [
        "A and B have partitions of different sizes; the larger test/train is used."
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a table of predictions"),
        (b"\xff\xfe\x00", "is not a table of predictions"),
        (b"a,b\n1,2\n", "is not a table of predictions|no column partition"),
        (b"utterance_id,partition,label,predicted\n1,dev,a,a\n", "no prediction for the test"),
    ],
)
def test_a_run_s_damaged_predictions_are_named(results, content, message):
    path = results / "runs/self/tva/fold1_seed1/predictions.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"fold1_seed1/predictions\.csv: .*({message}).*again"):
        read(results / "runs/self/tva")
