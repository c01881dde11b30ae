"""Prediction by a run's weights, by a model that trains its word vectors."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from paper import TRAINING

from emofusion.errors import DataError
from emofusion.features.audio import extract_mfcc
from emofusion.features.prosody import FEATURES, extract_prosody
from emofusion.features.store.read import RaggedStore
from emofusion.features.text import write_text_features
from emofusion.features.vision import CropPlan, extract_resnet, speaker_crops
from emofusion.prediction import _audio, _prosody, _text, _vision, predict
from emofusion.training.run import train_runs

SAID = ["Yes.", "No, no.", "Oh dear me.", "Well yes."]
AUDIO = {
    "sample_rate": 16000,
    "n_mfcc": 8,
    "frame_seconds": 0.025,
    "step_seconds": 0.1,
    "edges": "whole",
}
VISION = {"backbone": "resnet18", "frames_per_second": 3, "crop": 16, "seed": 0}
SETTINGS = {
    "labels": ["ang", "sad"],
    "dtype": "float32",
    "standardize_audio": True,
    "lengths": {"text": 4, "vision": 3, "audio": 8},
    "architecture": {"text_hidden": 4, "vision_hidden": 4, "audio_hidden": 4},
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


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Twelve utterances of noise in a video of noise, and runs of MDRE on T+V+A and T+A."""
    root = tmp_path_factory.mktemp("results")
    generator = np.random.default_rng(0)
    (root / "Session1").mkdir()
    rows = []
    for i in range(12):
        count = 8000 + 1000 * i
        soundfile.write(root / f"u{i}.wav", generator.normal(0, 0.1, count), 16000)
        rows.append((f"u{i}", SAID[i % 4], f"u{i}.wav", count, 16000, i / 4, i / 4 + 1))
    columns = ["utterance_id", "transcript", "audio_path", "audio_samples", "audio_rate"]
    selected = pd.DataFrame(rows, columns=[*columns, "start", "end"])
    write_video(root / "dialog.avi", generator.integers(0, 256, (40, 48, 96)))
    selected = selected.assign(video_path="dialog.avi", video_side="right", video_seconds=4.0)
    extract_mfcc(selected, root, root / "audio.h5", settings=AUDIO)
    extract_resnet(selected, root, root / "vision.h5", settings=VISION, files={"weights": "random"})
    (root / "glove.txt").write_text("yes 1 2\nno 3 4\nmaybe 5 6\n")
    text = {"events": "drop", "width": 2, "seed": 0}
    write_text_features(selected, root / "glove.txt", root / "text.h5", settings=text)
    parts = ["train"] * 8 + ["dev"] * 2 + ["test"] * 2
    lines = [f"u{i},{part},{('ang', 'sad')[i % 2]}" for i, part in enumerate(parts)]
    (root / "fold1.csv").write_text("\n".join(["utterance_id,partition,label", *lines]) + "\n")
    for modalities, names in (("tva", ("text", "vision", "audio")), ("ta", ("text", "audio"))):
        train_runs(
            {1: root / f"runs/mdre/{modalities}/fold1_seed1"},
            model="mdre",
            modalities=modalities,
            fold=1,
            split=root / "fold1.csv",
            features={name: root / f"{name}.h5" for name in names},
            settings=SETTINGS,
            device="cpu",
            threads=1,
            keep_weights=[1],
        )
    return root


def write_video(path, frames):
    """Write frames [time, height, width] of grey levels, ten a second."""
    with av.open(str(path), "w", format="avi") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:], "yuv420p"
        for grey in frames:
            picture = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture
def run(results):
    """The run on T+A."""
    return results / "runs/mdre/ta/fold1_seed1"


@pytest.fixture
def seeing(results):
    """Prediction by the run on T+V+A, with inputs that are in order but for those given."""
    good = {
        "wav": results / "u11.wav",
        "transcript": SAID[3],
        "video": results / "dialog.avi",
        "side": "right",
        "span": (2.75, 3.75),
    }
    weights = results / "runs/mdre/tva/fold1_seed1/weights.pt"
    return lambda **given: predict(weights, **good | given)


def test_an_utterance_of_the_corpus_gets_the_run_s_own_probabilities(run, results):
    expected = pd.read_csv(run / "predictions.csv").set_index("utterance_id").loc["u11"]
    found = predict(run / "weights.pt", wav=results / "u11.wav", transcript=SAID[3])
    assert found == pytest.approx({"ang": expected["p_ang"], "sad": expected["p_sad"]}, abs=1e-6)


def test_new_words_have_no_vector_in_a_model_that_trained_its_own(run, results, caplog):
    given = {"wav": results / "u11.wav", "transcript": "Maybe yes."}
    with_glove = predict(run / "weights.pt", **given, glove=results / "glove.txt")
    assert with_glove == predict(run / "weights.pt", **given)
    assert "mdre trains its word vectors" in caplog.text
    assert "words without a word vector are ignored: maybe\n" in caplog.text  # no file could help


def test_what_the_run_reads_must_be_given(run):
    with pytest.raises(DataError, match=r"this run reads text, audio; give --wav too"):
        predict(run / "weights.pt", transcript="Yes.")


def test_a_turn_of_a_dialog_gets_the_run_s_own_probabilities(results, seeing):
    table = pd.read_csv(results / "runs/mdre/tva/fold1_seed1/predictions.csv")
    expected = table.set_index("utterance_id").loc["u11"]
    assert seeing() == pytest.approx({"ang": expected["p_ang"], "sad": expected["p_sad"]}, abs=1e-5)
    assert seeing(side="left") != pytest.approx(seeing(), abs=1e-5)


def test_of_one_person_the_centre_of_the_whole_picture_is_looked_at(tmp_path, seeing):
    frame = np.zeros((1, 48, 96))
    frame[0, 16:32, 40:56] = 100
    write_video(tmp_path / "v.avi", frame)
    ((_, crop),) = speaker_crops(tmp_path / "v.avi", [CropPlan("w", "whole", np.zeros(1))], 16)
    np.testing.assert_allclose(crop, 100, atol=12)
    assert sum(seeing(side="whole").values()) == pytest.approx(1)


@pytest.mark.parametrize("side", [None, "middle"])
def test_the_side_must_be_given(seeing, side):
    with pytest.raises(
        DataError, match=r"this run reads vision; give --side left or right, .*whole"
    ):
        seeing(side=side)


def test_without_a_span_the_whole_video_is_looked_at_and_that_is_told(seeing, caplog):
    assert seeing(span=None) == seeing(span=(0.0, 4.0))
    assert "--span is not given: the whole of" in caplog.text


@pytest.mark.parametrize("span", [(-1, 2), (2, 1), (1, 1), (float("nan"), 1), (1, float("nan"))])
def test_a_span_that_is_none_is_refused(seeing, span):
    with pytest.raises(DataError, match=r"^--span .*: expected START before END"):
        seeing(span=span)


@pytest.mark.parametrize("span", [(3, 4.1), (5, 6), (4, float("inf"))])
def test_a_span_beyond_the_end_of_the_video_is_refused(seeing, span):
    with pytest.raises(DataError, match=r"dialog\.avi: no span from .* it has 4\.00 s"):
        seeing(span=span)


def test_a_video_smaller_than_the_crop_asks_for_a_larger_one(tmp_path, seeing):
    write_video(tmp_path / "small.avi", np.zeros((4, 16, 16)))
    with pytest.raises(DataError, match=r"half a frame has 8 x 16 pixels, .*; use a larger video"):
        seeing(video=tmp_path / "small.avi", span=None)
    assert seeing(video=tmp_path / "small.avi", span=None, side="whole")


@pytest.mark.parametrize(
    ("option", "key"), [("wav", "wav"), ("video", "video"), ("glove", "glove"),
                        ("backbone-weights", "backbone_weights")],
)  # fmt: skip
def test_a_file_that_is_not_there_is_named_with_its_option(tmp_path, seeing, option, key):
    with pytest.raises(DataError, match=rf"^--{option} .*none: no such file; check the path$"):
        seeing(**{key: tmp_path / "none"})
    with pytest.raises(DataError, match=rf"^--{option} .*: is a folder, expected a file; check"):
        seeing(**{key: tmp_path})


def test_a_video_without_sound_is_named_where_sound_is_asked_for(results, seeing):
    with pytest.raises(DataError, match=r"dialog\.avi: has no sound; expected an audio stream"):
        seeing(wav=results / "dialog.avi")


@pytest.mark.parametrize("samples", [0, 1, 399])
def test_a_recording_without_a_frame_is_refused_as_in_the_workflow(tmp_path, run, samples):
    soundfile.write(tmp_path / "short.wav", np.zeros(samples), 16000)
    with pytest.raises(
        DataError, match=r"short\.wav: 0\.0\d+ s of sound, less than a frame .*\(no_audio\)"
    ):
        predict(run / "weights.pt", wav=tmp_path / "short.wav", transcript="Yes.")


def test_a_recording_that_was_cut_off_is_refused(tmp_path, results, run):
    (tmp_path / "cut.wav").write_bytes((results / "u11.wav").read_bytes()[:9000])
    with pytest.raises(DataError, match=r"cut\.wav: cut off"):
        predict(run / "weights.pt", wav=tmp_path / "cut.wav", transcript="Yes.")


def test_features_of_before_the_choice_of_edges_are_padded(results):
    older = {key: value for key, value in AUDIO.items() if key != "edges"}
    lengths = [_audio(results / "u0.wav", how).length("utterance") for how in (AUDIO, older)]
    assert lengths == [5, 6]  # 8000 samples: 1 + 7600 // 1600 and 1 + 8000 // 1600
    (empty := results / "empty.wav").touch()
    soundfile.write(empty, np.zeros(0), 16000)
    with pytest.raises(DataError, match="no_audio"):
        _audio(empty, older)


@pytest.mark.parametrize("transcript", ["", "  ", "\n", "[LAUGHTER]", "[LAUGHTER] [BREATHING]"])
def test_a_transcript_without_words_is_refused_as_in_the_workflow(results, run, transcript):
    with pytest.raises(DataError, match=r"--transcript: no words in .*\(empty_transcript\)"):
        predict(run / "weights.pt", wav=results / "u11.wav", transcript=transcript)


def test_events_are_words_where_the_run_keeps_them():
    content = {"words": ["", "laughter"], "embedding": torch.zeros(2, 3)}
    made = _text("[LAUGHTER]", {"events": "keep", "width": 3}, content, None)
    assert made.length("utterance") == 3


def test_a_transcript_of_unknown_words_alone_is_refused(results, run):
    with pytest.raises(DataError, match="no word vector is known for any word in 'Perhaps'"):
        predict(run / "weights.pt", wav=results / "u11.wav", transcript="Perhaps")


@pytest.mark.parametrize("how", [{}, {"backbone": "vit"}, VISION, VISION | {"weights": "mine"}])
def test_one_s_own_vision_features_are_named_whatever_they_say_of_themselves(how):
    with pytest.raises(DataError, match="features were not made by an extractor"):
        _vision(Path("v.avi"), "left", None, how, None)


def test_where_a_file_could_know_a_word_it_is_asked_for(tmp_path, caplog):
    content = {"words": ["", "yes"], "embedding": torch.zeros(2, 2)}
    _text("yes maybe", {"events": "keep", "width": 2}, content, None)
    assert "words without a word vector are ignored: maybe; give --glove FILE" in caplog.text


def test_prosody_of_another_version_is_refused(results, run):
    content = torch.load(run / "weights.pt", weights_only=True)
    content["extractors"]["prosody"] = {"names": "loudness_sma3_amean"}
    (results / "older").mkdir()
    torch.save(content, results / "older/weights.pt")
    with pytest.raises(DataError, match="prosody features are not those that this version makes"):
        predict(results / "older/weights.pt", wav=results / "u11.wav", transcript="Yes.")


def test_a_run_without_weights_names_those_that_kept_theirs(results, monkeypatch):
    monkeypatch.chdir(results)
    with pytest.raises(DataError, match=r"are runs/mdre/ta/fold1_seed1 and 1 more: take one"):
        predict(Path("runs/mdre/ta/fold1_seed2/weights.pt"))
    with pytest.raises(DataError, match=r"are runs/mdre/ta/\S+, runs/mdre/tva/\S+: take one"):
        predict(Path("runs/self/ta/fold1_seed2/weights.pt"))
    (results / "other/runs").mkdir(parents=True)
    with pytest.raises(
        DataError, match=r"no run in \S+other/runs kept its weights; set `keep_weights"
    ):
        predict(results / "other/runs/self/ta/fold1_seed1/weights.pt")


def test_prosody_is_that_of_the_extractor(results):
    pytest.importorskip("opensmile")
    selected = pd.DataFrame({"utterance_id": ["u0"], "audio_path": ["u0.wav"]})
    extract_prosody(selected, results, results / "prosody.h5")
    made = _prosody(results / "u0.wav", {"names": " ".join(FEATURES)})
    np.testing.assert_array_equal(made["utterance"], RaggedStore(results / "prosody.h5")["u0"])


def test_an_input_that_the_run_does_not_read_is_warned_of(results, run, caplog):
    given = {"wav": results / "u11.wav", "transcript": SAID[3]}
    expected = predict(run / "weights.pt", **given)
    assert caplog.messages == []
    assert predict(run / "weights.pt", video=results / "none.avi", **given) == expected
    assert caplog.messages == ["--video is not used: this run does not read vision"]
