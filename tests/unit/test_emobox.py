"""Folds from the lists of EmoBox."""

import json

import pandas as pd
import pytest

from emofusion.errors import DataError
from emofusion.splits.emobox import emobox

SETTINGS = {"seed": 1, "development": "group", "by": "speaker"}


def corpus(prefix="Audio/Actor"):
    ids = [f"03-{actor:02d}-{n}" for actor in range(1, 13) for n in range(3)]
    return pd.DataFrame(
        {
            "utterance_id": ids,
            "speaker": [name[3:5] for name in ids],
            "label": "x",
            "audio_path": [f"{prefix}_{name[3:5]}/{name}.wav" for name in ids],
            "video_path": "",
        }
    )


def write(folder, fold=1, **partitions):
    """Lists of EmoBox: {word: [(key, wav)]}."""
    place = folder / f"fold_{fold}"
    place.mkdir(parents=True, exist_ok=True)
    for word, entries in partitions.items():
        lines = [
            json.dumps({"key": f"r-{key}", "dataset": "r", "wav": wav}) for key, wav in entries
        ]
        (place / f"r_{word}_fold_{fold}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return str(folder)


def entries(pool, speakers):
    rows = pool[pool["speaker"].isin(speakers)]
    return [(name, f"downloads/r/Actor_{name[3:5]}/{name}.wav") for name in rows["utterance_id"]]


def test_lists_are_matched_by_the_files_of_the_utterances(tmp_path):
    pool = corpus()
    pool["utterance_id"] = [f"own{n}" for n in range(len(pool))]
    folds = write(
        tmp_path,
        train=entries(corpus(), ["01", "02"]),
        valid=entries(corpus(), ["03"]),
        test=entries(corpus(), ["04"]),
    )
    found = emobox(pool, 1, folds=folds, **SETTINGS)
    by_speaker = pool.assign(partition=found).groupby("speaker")["partition"].unique()
    assert [*by_speaker["01"], *by_speaker["03"], *by_speaker["04"]] == ["train", "dev", "test"]
    assert [*by_speaker["12"]] == ["unused"]  # not listed


def test_ids_are_matched_where_files_have_other_names(tmp_path):
    pool = corpus().assign(audio_path="elsewhere.wav")
    folds = write(tmp_path, train=entries(pool, ["01"]), valid=entries(pool, ["02"]),
                  test=entries(pool, ["03"]))  # fmt: skip
    found = emobox(pool, 1, folds=folds, **SETTINGS)
    assert list(found[:9]) == ["train"] * 3 + ["dev"] * 3 + ["test"] * 3


def test_without_a_development_list_whole_training_speakers_develop(tmp_path):
    pool = corpus()
    training = [f"{n:02d}" for n in range(1, 11)]
    folds = write(tmp_path, train=entries(pool, training), test=entries(pool, ["11", "12"]))
    found = emobox(pool, 1, folds=folds, **SETTINGS)
    developing = set(pool["speaker"][found == "dev"])
    assert len(developing) == 1
    assert developing <= set(training)
    assert (found == "test").sum() == 6


def test_keys_of_no_utterance_are_logged_and_a_strange_folder_is_refused(tmp_path, caplog):
    pool = corpus()
    strange = [("gone", "x/gone.wav")]
    folds = write(tmp_path / "some", train=[*entries(pool, ["01", "02"]), *strange],
                  test=entries(pool, ["03"]))  # fmt: skip
    emobox(pool, 1, folds=folds, **SETTINGS)
    assert "1 of 10 keys of fold 1 belong to no utterance that is used: r-gone" in caplog.text
    folds = write(tmp_path / "other", train=strange, test=strange)
    with pytest.raises(DataError, match=r"none of the 2 keys of fold 1 .* name the folder of this"):
        emobox(pool, 1, folds=folds, **SETTINGS)


def test_missing_and_malformed_lists_are_named(tmp_path):
    with pytest.raises(DataError, match=r"fold_1: no list \*_train_fold_1\.jsonl"):
        emobox(corpus(), 1, folds=str(tmp_path), **SETTINGS)
    write(tmp_path, train=[], test=[])
    (tmp_path / "fold_1/r_train_fold_1.jsonl").write_text('{"key": 1}\n')
    with pytest.raises(DataError, match=r"r_train_fold_1\.jsonl, line 1: .*; expected JSON with"):
        emobox(corpus(), 1, folds=str(tmp_path), **SETTINGS)
