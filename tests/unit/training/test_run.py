import json

import numpy as np
import pytest

from emofusion.features.store import write_ragged, write_tokens
from emofusion.training.run import train_runs

IDS = [f"u{i}" for i in range(24)]
SETTINGS = {
    "labels": ["ang", "sad"],
    "dtype": "float32",
    "standardize_audio": True,
    "lengths": {"text": 3, "audio": 6},
    "architecture": {"hidden": 4, "heads": 2, "audio_steps": 3, "text_dropout": 0.0},
    "training": {
        "learning_rate": 0.01,
        "batch_size": 4,
        "plateau_factor": 0.1,
        "plateau_patience": 10,
        "stop_patience": 3,
        "max_epochs": 4,
    },
}
RELEASED = SETTINGS | {
    "dtype": "float64",
    "standardize_audio": False,
    "architecture": SETTINGS["architecture"] | {"text_dropout": 0.25},
}


@pytest.fixture
def data(tmp_path):
    """Features of 24 utterances of one to eight frames and no to four words, and a split."""
    rng = np.random.default_rng(0)
    lengths = [1 + i % 8 for i in range(24)]
    frames = [rng.normal(5, 3, (length, 2)).astype(np.float32) for length in lengths]
    write_ragged(tmp_path / "audio.h5", IDS, lengths, frames, 2, {})
    tokens = [np.arange(i % 5, dtype=np.int32) for i in range(24)]
    words = ["", "a", "b", "c"]
    embedding = rng.normal(size=(4, 5)).astype(np.float32)
    write_tokens(tmp_path / "text.h5", IDS, tokens, words, embedding, {})
    partitions = ["train"] * 16 + ["dev"] * 4 + ["test"] * 4
    rows = [
        f"{u},{p},{('ang', 'sad')[i % 2]}"
        for i, (u, p) in enumerate(zip(IDS, partitions, strict=True))
    ]
    (tmp_path / "fold1.csv").write_text("\n".join(["utterance_id,partition,label", *rows]) + "\n")
    return tmp_path


def run(data, name, seeds, settings=SETTINGS):
    """Train `cross` on text and audio; gives {seed: folder}."""
    folders = {seed: data / name / f"seed{seed}" for seed in seeds}
    train_runs(
        folders,
        model="cross",
        modalities="ta",
        fold=1,
        split=data / "fold1.csv",
        features={kind: data / f"{kind}.h5" for kind in ("text", "audio")},
        settings=settings,
        device="cpu",
        threads=1,
    )
    return folders


def predictions(folder):
    return (folder / "predictions.csv").read_bytes()


def test_a_seed_gives_the_same_bits_alone_and_beside_others(data):
    together = run(data, "together", [1, 2])
    alone = run(data, "alone", [2])
    assert predictions(together[2]) == predictions(alone[2])
    assert predictions(together[1]) != predictions(together[2])


@pytest.mark.parametrize("settings", [SETTINGS, RELEASED], ids=["paper", "released"])
def test_a_run_leaves_its_record_and_probabilities_that_sum_to_one(data, settings):
    folder = run(data, "run", [3], settings)[3]
    record = json.loads((folder / "config.yaml").read_text())
    assert {key: record[key] for key in settings} == settings
    assert (record["model"], record["modalities"], record["fold"], record["seed"]) == (
        "cross",
        "ta",
        1,
        3,
    )
    assert record["machine"]["device"] == "cpu"
    rows = predictions(folder).decode().splitlines()
    assert rows[0] == "utterance_id,partition,label,predicted,p_ang,p_sad"
    assert [row.split(",")[0] for row in rows[1:]] == IDS[16:]
    sums = [sum(map(float, row.split(",")[4:])) for row in rows[1:]]
    assert sums == pytest.approx([1] * 8, abs=1e-6)


@pytest.mark.parametrize("change", ["dtype", "standardize_audio", "architecture"])
def test_each_switch_of_the_protocol_changes_the_predictions(data, change):
    paper = run(data, "paper", [1])[1]
    switched = run(data, "switched", [1], SETTINGS | {change: RELEASED[change]})[1]
    assert predictions(paper) != predictions(switched)
