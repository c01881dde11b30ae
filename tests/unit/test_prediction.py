"""Prediction by a run's weights, by a model that trains its word vectors."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from paper import TRAINING

from emofusion.errors import DataError
from emofusion.features.audio import extract_audio
from emofusion.features.text import extract_text
from emofusion.prediction import predict
from emofusion.training.run import train_runs

SAID = ["Yes.", "No, no.", "Oh dear me.", "Well yes."]
AUDIO = {"sample_rate": 16000, "n_mfcc": 8, "frame_seconds": 0.025, "step_seconds": 0.1}
SETTINGS = {
    "labels": ["ang", "sad"],
    "dtype": "float32",
    "standardize_audio": True,
    "lengths": {"text": 4, "audio": 8},
    "architecture": {"text_hidden": 4, "audio_hidden": 4},
    "training": TRAINING
    | {
        "learning_rate": 0.01,
        "batch_size": 4,
        "replacement": True,
        "clip_value": 10,
        "class_weight": "balanced",
        "epochs_per_check": 0.5,
        "select_on": "loss",
        "max_epochs": 2,
    },
}


@pytest.fixture
def run(tmp_path):
    """A run of MDRE on twelve utterances of noise."""
    generator = np.random.default_rng(0)
    (tmp_path / "Session1").mkdir()
    rows = []
    for i in range(12):
        count = 8000 + 1000 * i
        soundfile.write(tmp_path / f"u{i}.wav", generator.normal(0, 0.1, count), 16000)
        rows.append((f"u{i}", SAID[i % 4], f"u{i}.wav", count, 16000))
    columns = ["utterance_id", "transcript", "audio_path", "audio_samples", "audio_rate"]
    selected = pd.DataFrame(rows, columns=columns)
    extract_audio(selected, tmp_path, tmp_path / "audio.h5", settings=AUDIO)
    (tmp_path / "glove.txt").write_text("yes 1 2\nno 3 4\nmaybe 5 6\n")
    text = {"events": "keep", "width": 2, "seed": 0}
    extract_text(selected, tmp_path / "glove.txt", tmp_path / "text.h5", settings=text)
    parts = ["train"] * 8 + ["dev"] * 2 + ["test"] * 2
    lines = [f"u{i},{part},{('ang', 'sad')[i % 2]}" for i, part in enumerate(parts)]
    (tmp_path / "fold1.csv").write_text("\n".join(["utterance_id,partition,label", *lines]) + "\n")
    train_runs(
        {1: tmp_path / "run"},
        model="mdre",
        modalities="ta",
        fold=1,
        split=tmp_path / "fold1.csv",
        features={name: tmp_path / f"{name}.h5" for name in ("text", "audio")},
        settings=SETTINGS,
        device="cpu",
        threads=1,
        keep_weights=[1],
    )
    return tmp_path / "run"


def test_an_utterance_of_the_corpus_gets_the_run_s_own_probabilities(run):
    expected = pd.read_csv(run / "predictions.csv").set_index("utterance_id").loc["u11"]
    found = predict(run / "weights.pt", wav=run.parent / "u11.wav", transcript=SAID[3])
    assert found == pytest.approx({"ang": expected["p_ang"], "sad": expected["p_sad"]}, abs=1e-6)


def test_new_words_have_no_vector_in_a_model_that_trained_its_own(run, caplog):
    given = {"wav": run.parent / "u11.wav", "transcript": "Maybe yes."}
    with_glove = predict(run / "weights.pt", **given, glove=run.parent / "glove.txt")
    assert with_glove == predict(run / "weights.pt", **given)
    assert "mdre trains its word vectors" in caplog.text
    assert "without a vector: maybe" in caplog.text


def test_what_the_run_reads_must_be_given(run):
    with pytest.raises(DataError, match=r"this run reads text, audio; give --wav too"):
        predict(run / "weights.pt", transcript="Yes.")
