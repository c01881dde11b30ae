"""Extractors by name."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from emofusion.features.extract import extract
from emofusion.features.store.read import RaggedStore

EXTENSION = str(Path(__file__).parents[2] / "extensions/mine.py")
PROBING = """
EXTRACTORS = {"probing": {"modality": "audio", "gpu": True}}


def extract_probing(selected, root, path, *, settings, files, device):
    import torch

    path.write_text(f"{device} {torch.get_num_threads()} {settings} {files}")
"""


def test_an_extractor_writes_the_features_of_the_selected_utterances(tmp_path):
    for number in range(3):
        soundfile.write(tmp_path / f"u{number}.wav", np.full(40, number / 10), 16000)
    selected = pd.DataFrame({"utterance_id": ["u2", "u0"], "audio_path": ["u2.wav", "u0.wav"]})
    extract(
        "levels", selected, tmp_path, tmp_path / "audio.h5",
        settings={"frames": 2}, files={}, extensions=[EXTENSION],
    )  # fmt: skip
    store = RaggedStore(tmp_path / "audio.h5")
    assert store.ids == ["u2", "u0"]
    np.testing.assert_allclose(store["u2"], np.full((2, 20), 0.2), atol=1e-4)


def test_an_extractor_that_can_use_a_gpu_gets_a_device_and_the_job_s_threads(tmp_path):
    path = tmp_path / "probing.py"
    path.write_text(PROBING)
    extract(
        "probing", pd.DataFrame(), tmp_path, tmp_path / "said.txt", settings={"a": 1},
        files={"b": "c"}, device="cpu", threads=1, extensions=[str(path)],
    )  # fmt: skip
    assert (tmp_path / "said.txt").read_text() == "cpu 1 {'a': 1} {'b': 'c'}"
