"""Attention of trained runs."""

import numpy as np
import pytest
from paper import TRAINING

from emofusion.errors import DataError
from emofusion.evaluation.attention import find_attention, find_word_attention
from emofusion.features.store.write import write_ragged, write_tokens
from emofusion.training.run import train_runs

WORDS = ["", "oh", "dear", "me"]
IDS = [f"u{i}" for i in range(10)]
SPLIT = dict(zip(IDS, ["train"] * 4 + ["dev"] * 2 + ["test"] * 4, strict=True))
# Of the test partition u6 has two words, u7 six, u8 twelve, u9 five.
LENGTHS = [3] * 6 + [2, 6, 12, 5]
SETTINGS = {
    "labels": ["ang", "sad"],
    "dtype": "float32",
    "standardize_audio": True,
    "lengths": {"text": 8, "audio": 6},
    "architecture": {
        "hidden": 3,
        "heads": 2,
        "attention_dropout": 0.5,
        "audio_steps": 4,
        "vision_steps": 1,
    },
    "training": TRAINING | {"learning_rate": 0.01, "batch_size": 4, "max_epochs": 1},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with features, a fold, and runs of self and cross."""
    folder = tmp_path_factory.mktemp("runs")
    generator = np.random.default_rng(0)
    tokens = [np.arange(n) % 3 + 1 for n in LENGTHS]
    vectors = generator.normal(size=(len(WORDS), 2))
    made = {"max_length": 8, "tokenizer": "by hand"}
    write_tokens(folder / "text.h5", IDS, tokens, WORDS, vectors, made)
    frames = [generator.normal(size=(n, 3)) for n in LENGTHS]
    write_ragged(folder / "audio.h5", IDS, LENGTHS, frames, 3, {"max_length": 6})
    lines = [f"{i},{part},{('ang', 'sad')[n % 2]}" for n, (i, part) in enumerate(SPLIT.items())]
    (folder / "fold1.csv").write_text("\n".join(["utterance_id,partition,label", *lines]) + "\n")
    for model in ("self", "cross"):
        train_runs(
            {1: folder / model},
            model=model,
            modalities="ta",
            fold=1,
            split=folder / "fold1.csv",
            features=features(folder),
            settings=SETTINGS,
            device="cpu",
            threads=1,
            keep_weights=[1],
        )
    return folder


def features(folder):
    return {name: folder / f"{name}.h5" for name in ("text", "audio")}


def attended(folder, chosen=()):
    split = folder / "fold1.csv"
    runs = [(folder / model / "weights.pt", split) for model in ("self", "cross")]
    return find_attention(runs, features(folder), chosen)


def test_the_first_two_utterances_of_5_to_10_words_are_chosen(runs):
    assert [one.utterance for one in attended(runs)] == ["u7", "u9"]


def test_self_gives_the_own_pairs_and_cross_the_others_over_all_steps(runs):
    (one,) = attended(runs, ["u9"])
    assert one.words == ["oh", "dear", "me", "oh", "dear"]
    assert {pair: len(weights) for pair, weights in one.weights.items()} == {
        ("text", "text"): 8,
        ("audio", "audio"): 4,
        ("text", "audio"): 4,
        ("audio", "text"): 8,
    }
    for weights in one.weights.values():
        assert weights.sum() == pytest.approx(1)


def test_an_utterance_looks_alike_alone_and_among_others_and_without_dropout(runs):
    alone, among = attended(runs, ["u6"])[0], attended(runs, ["u9", "u6"])[1]
    for pair, weights in alone.weights.items():
        assert among.weights[pair] == pytest.approx(weights, abs=1e-6)


def test_an_utterance_outside_the_test_partition_is_refused(runs):
    with pytest.raises(DataError, match=r"figures\.attention: u5 is not in the test partition"):
        attended(runs, ["u7", "u5"])


def test_words_without_names_are_numbered(runs, tmp_path):
    for name in ("text", "audio"):
        (tmp_path / f"{name}.h5").write_bytes((runs / f"{name}.h5").read_bytes())
    tokens = [np.arange(n) % 3 + 1 for n in LENGTHS]
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 2))
    names = ["", "w1", "w2", "w3"]  # as of prepared folds
    write_tokens(tmp_path / "text.h5", IDS, tokens, names, vectors, {"max_length": 8})
    run = runs / "self/weights.pt", runs / "fold1.csv"
    (one,) = find_attention([run], features(tmp_path), ["u9"])
    assert one.words == ["1", "2", "3", "4", "5"]


def test_attention_over_words_is_that_of_the_single_utterance_without_padding(runs):
    split = runs / "fold1.csv"
    trained = [(runs / f"{name}/weights.pt", split) for name in ("self", "cross")]
    found = find_word_attention(trained, features(runs))
    assert [(entry["model"], entry["target"]) for entry in found] == [
        ("self", "text"),
        ("cross", "audio"),
    ]
    (one,) = attended(runs, ["u9"])
    for entry in found:
        assert {name: len(row) for name, row in entry["weights"].items()} == {
            "u6": 2, "u7": 6, "u8": 8, "u9": 5,
        }  # fmt: skip
        whole = one.weights[entry["target"], "text"]
        assert entry["weights"]["u9"] == pytest.approx(whole[:5], abs=1e-6)


def test_models_that_read_no_text_attend_to_no_words(runs):
    assert find_word_attention([], {"audio": runs / "audio.h5"}) == []
