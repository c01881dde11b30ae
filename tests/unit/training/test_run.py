import hashlib
import json
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from paper import TRAINING

from emofusion.errors import DataError
from emofusion.features.store.read import RaggedStore
from emofusion.features.store.write import write_ragged, write_tokens
from emofusion.training.run import train_runs
from emofusion.training.trained import load_weights, restore

IDS = [f"u{i}" for i in range(24)]
SETTINGS = {
    "labels": ["ang", "sad"],
    "dtype": "float32",
    "standardize_audio": True,
    "lengths": {"text": 3, "audio": 6},
    "architecture": {"hidden": 4, "heads": 2, "audio_steps": 3, "text_dropout": 0.0},
    "training": TRAINING
    | {"learning_rate": 0.01, "batch_size": 4, "stop_patience": 3, "max_epochs": 4},
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


def run(data, name, seeds, settings=SETTINGS, **options):
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
        **options,
    )
    return folders


def predictions(folder):
    return (folder / "predictions.csv").read_bytes()


SCRIPT = """
import os, pickle, signal, sys
from emofusion.training import checkpoint
from emofusion.training.run import train_runs
save, left = checkpoint.Checkpoint.save, int(sys.argv[2])
def save_and_die(self, state):
    global left
    save(self, state)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
checkpoint.Checkpoint.save = save_and_die
train_runs(**pickle.loads(bytes.fromhex(sys.argv[1])))
"""
"""Trains, and is killed after so many savings."""


def test_a_job_that_is_killed_with_kill_9_goes_on_to_the_same_predictions(data):
    undisturbed = run(data, "undisturbed", [1, 2])
    folders = {seed: data / f"killed/seed{seed}" for seed in (1, 2)}
    arguments = {
        "runs": folders,
        "model": "cross",
        "modalities": "ta",
        "fold": 1,
        "split": data / "fold1.csv",
        "features": {kind: data / f"{kind}.h5" for kind in ("text", "audio")},
        "settings": SETTINGS,
        "device": "cpu",
        "threads": 1,
        "checkpoint_seconds": 0,
    }
    command = [sys.executable, "-c", SCRIPT, pickle.dumps(arguments).hex()]
    for savings in (1, 2):
        assert subprocess.run([*command, str(savings)], check=False).returncode == -signal.SIGKILL
        assert (folders[1] / "checkpoint.pt").exists()
        assert not (folders[1] / "predictions.csv").exists()
    subprocess.run([*command, "-1"], check=True)
    for seed, folder in folders.items():
        assert predictions(folder) == predictions(undisturbed[seed])
        assert sorted(path.name for path in folder.iterdir()) == [
            "config.yaml",
            "history.csv",
            "metrics.json",
            "predictions.csv",
        ]


def test_a_checkpoint_of_other_settings_is_not_resumed(data, caplog):
    folder = data / "run/seed1"
    folder.mkdir(parents=True)
    torch.save({"key": "another", "state": {}}, folder / "checkpoint.pt")
    assert predictions(run(data, "run", [1])[1]) == predictions(run(data, "clean", [1])[1])
    assert "discarded" in caplog.text


def test_weights_stay_if_wanted_and_load_without_running_code(data):
    folders = run(data, "run", [1, 2], keep_weights=[1])
    folder = folders[1]
    assert not (folders[2] / "weights.pt").exists()
    found = torch.load(folder / "weights.pt", weights_only=True)
    assert found["record"] == json.loads((folder / "config.yaml").read_text())
    assert (
        sum(w.numel() for w in found["weights"].values())
        == (json.loads((folder / "metrics.json").read_text())["parameters"])
    )
    assert [len(values) for values in found["scalers"]["audio"]] == [2, 2]


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


@pytest.mark.parametrize(
    ("limit", "own", "read"), [(6, None, 6), (None, 4, 4), (6, 4, 4), (3, 4, 3)]
)
def test_a_model_reads_no_more_than_its_limit_and_the_file_s_own(data, limit, own, read):
    attributes = {} if own is None else {"max_length": own}
    store = RaggedStore(data / "audio.h5")
    frames = [store[utterance] for utterance in IDS]
    write_ragged(data / "audio.h5", IDS, [len(f) for f in frames], frames, 2, attributes)
    settings = SETTINGS | {"lengths": {"text": 3, "audio": limit}}
    record = json.loads((run(data, "run", [1], settings)[1] / "config.yaml").read_text())
    assert record["lengths"] == {"text": 3, "audio": read}


def test_a_fourth_modality_is_standardised_and_trained_from_its_own_file(data):
    rng = np.random.default_rng(2)
    moves = [rng.normal(100, 50, (3, 4)).astype(np.float32) for _ in IDS]
    write_ragged(data / "motion.h5", IDS, [3] * 24, moves, 4, {"max_length": 3})
    further = {
        "further_modalities": {"m": "motion"},
        "standardize": ["motion"],
        "lengths": {"text": 3, "motion": None},
        "architecture": SETTINGS["architecture"] | {"further_steps": {"motion": 2}},
    }
    train_runs(
        {1: data / "run"},
        model="cross",
        modalities="tm",
        fold=1,
        split=data / "fold1.csv",
        features={name: data / f"{name}.h5" for name in ("text", "motion")},
        settings=SETTINGS | further,
        device="cpu",
        threads=1,
        keep_weights=[1],
    )
    content = load_weights(data / "run/weights.pt")
    mean, deviation = (values.numpy() for values in content["scalers"]["motion"])
    train = np.concatenate(moves[:16])
    assert mean == pytest.approx(train.mean(axis=0), rel=1e-5)
    assert deviation == pytest.approx(train.std(axis=0), rel=1e-5)
    assert content["record"]["lengths"] == {"text": 3, "motion": 3}
    stores = {name: RaggedStore(data / f"{name}.h5") for name in ("text", "motion")}
    network, inputs = restore(content, stores)
    assert set(network.attention(inputs.batch(["u20"]))) == {
        ("text", "motion"), ("motion", "text"),
    }  # fmt: skip
    predicted = network(inputs.batch(["u20"])).softmax(dim=1)[0].tolist()
    (row,) = [
        line.split(",")
        for line in (data / "run/predictions.csv").read_text().splitlines()
        if line.startswith("u20,")
    ]
    assert predicted == pytest.approx([float(p) for p in row[-2:]], abs=1e-6)


def test_a_registered_metric_selects_the_best_check_and_is_in_the_history(data, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        'METRICS = {"late": {}}\nseen = []\n\n'
        "def late(truth, predicted, probabilities):\n"
        "    seen.append(probabilities.shape)\n    return float(len(seen))\n"
    )
    training = SETTINGS["training"] | {"select_on": "late"}
    run(data, "late", [1], SETTINGS | {"training": training}, model_files=[str(path)])
    lines = (data / "late/seed1/history.csv").read_text().splitlines()
    assert lines[0].endswith(",learning_rate,dev_late")
    assert [line.rsplit(",", 1)[1] for line in lines[1:]] == ["1.0", "2.0", "3.0", "4.0"]
    noted = json.loads((data / "late/seed1/metrics.json").read_text())
    assert noted["best_epoch"] == 4.0  # the last check has the largest value


def test_a_registered_metric_that_is_no_number_stops_the_run(data, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text('METRICS = {"none": {}}\ndef none(*_):\n    return float("nan")\n')
    training = SETTINGS["training"] | {"select_on": "none"}
    with pytest.raises(DataError, match=r"select_on: the metric is nan .* fix its function"):
        run(data, "none", [1], SETTINGS | {"training": training}, model_files=[str(path)])


SOFT = SETTINGS | {"training": SETTINGS["training"] | {"loss": "soft"}}


def write_votes(data, certain):
    """Votes for the labels only, or half of them for the other class."""
    rows = [f"{u},{2 - i % 2},{1 + i % 2}" for i, u in enumerate(IDS)]
    if certain:
        rows = [f"{u},{2 * (1 - i % 2)},{2 * (i % 2)}" for i, u in enumerate(IDS)]
    path = data / "votes.csv"
    path.write_text("\n".join(["utterance_id,ang,sad", *rows]) + "\n")
    return path


def test_votes_decide_the_losses_and_their_hash_is_in_the_record(data):
    hard = run(data, "hard", [1])[1]
    votes = write_votes(data, certain=False)
    soft = run(data, "soft", [1], SOFT, votes=votes)[1]
    first = [(folder / "history.csv").read_text().splitlines()[1] for folder in (hard, soft)]
    assert first[0] != first[1]
    records = [json.loads((folder / "config.yaml").read_text()) for folder in (hard, soft)]
    assert "votes" not in records[0]
    assert records[1]["votes"] == hashlib.sha256(votes.read_bytes()).hexdigest()
    labels = [
        [line.split(",")[:3] for line in (folder / "predictions.csv").read_text().splitlines()]
        for folder in (hard, soft)
    ]
    assert labels[0] == labels[1]


def test_votes_that_all_agree_train_as_the_labels_do(data):
    hard = run(data, "hard", [1])[1]
    soft = run(data, "soft", [1], SOFT, votes=write_votes(data, certain=True))[1]
    both = [np.genfromtxt(f / "history.csv", delimiter=",", skip_header=1) for f in (hard, soft)]
    np.testing.assert_allclose(*both, rtol=1e-4)
