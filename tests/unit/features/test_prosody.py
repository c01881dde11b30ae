"""Functionals of utterances whose pitch and loudness are known."""

import logging
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
import soundfile

from emofusion.errors import DataError
from emofusion.features.prosody import (
    CONTOURS,
    FEATURES,
    extract_prosody,
    functionals,
    open_smile,
)
from emofusion.features.store.read import RaggedStore

RATE = 16000


def voice(hertz, seconds=1.0):
    """A tone with overtones, which falls in strength from one to the next."""
    time = np.arange(round(seconds * RATE)) / RATE
    return 0.2 * sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 8))


SILENCE = np.zeros(RATE)


@pytest.fixture
def extract(tmp_path):
    """Functionals of signals, by utterance and name."""
    pytest.importorskip("opensmile")

    def extract(**signals):
        (tmp_path / "Session1").mkdir()
        for name, signal in signals.items():
            soundfile.write(tmp_path / f"{name}.wav", signal, RATE, subtype="FLOAT")
        selected = pd.DataFrame(
            {"utterance_id": list(signals), "audio_path": [f"{name}.wav" for name in signals]}
        )
        extract_prosody(selected, tmp_path, tmp_path / "prosody.h5")
        store = RaggedStore(tmp_path / "prosody.h5")
        assert store.ids == list(signals)
        assert all(store[name].shape == (1, 35) for name in signals)
        return {name: dict(zip(FEATURES, store[name][0], strict=True)) for name in signals}

    return extract


def test_there_are_seven_functionals_of_five_contours_in_a_fixed_order():
    assert FEATURES[:7] == (
        "F0_mean",
        "F0_deviation",
        "F0_slope",
        "F0_centroid",
        "F0_percentile10",
        "F0_percentile90",
        "F0_range",
    )
    contours = [name.removesuffix("_mean") for name in FEATURES[::7]]
    assert contours == ["F0", "F0_semitones", "voicing", "HNR", "loudness"]
    assert len(set(FEATURES)) == len(FEATURES) == 35


@pytest.mark.parametrize("hertz", [110, 220, 400])
def test_the_pitch_of_a_steady_voice_is_its_fundamental(extract, hertz):
    (values,) = extract(a=voice(hertz)).values()
    assert values["F0_mean"] == pytest.approx(hertz, rel=0.01)
    assert values["F0_semitones_mean"] == pytest.approx(12 * np.log2(hertz / 27.5), abs=0.2)
    assert values["F0_range"] < 0.01 * hertz
    assert abs(values["F0_slope"]) < 0.01


def gliding(start, end, seconds=2.0):
    """A voice whose pitch moves evenly from one to another [Hz]."""
    hertz = np.linspace(start, end, round(seconds * RATE))
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    return 0.2 * sum(np.sin(k * phase) / k for k in range(1, 8))


def test_rising_pitch_has_its_slope_by_frame_and_falling_pitch_the_opposite(extract):
    values = extract(rising=gliding(120, 220), falling=gliding(220, 120))
    # 50 Hz a second are 0.5 Hz a frame of 10 ms.
    assert values["rising"]["F0_slope"] == pytest.approx(0.5, rel=0.05)
    assert values["falling"]["F0_slope"] == pytest.approx(-0.5, rel=0.05)
    assert values["rising"]["F0_percentile10"] == pytest.approx(130, abs=3)
    assert values["rising"]["F0_percentile90"] == pytest.approx(210, abs=3)
    assert values["rising"]["F0_range"] == pytest.approx(80, abs=4)


def test_pauses_count_for_loudness_but_not_for_the_voice(extract):
    paused = np.concatenate([voice(220), SILENCE])
    values = extract(whole=voice(220), paused=paused)
    for name in ("F0_mean", "voicing_mean", "HNR_mean"):
        assert values["paused"][name] == pytest.approx(values["whole"][name], rel=0.1)
    assert values["paused"]["loudness_mean"] == pytest.approx(
        values["whole"]["loudness_mean"] / 2, rel=0.1
    )
    assert values["paused"]["loudness_centroid"] == pytest.approx(0.25, abs=0.02)


def test_a_soft_or_noisy_voice_is_less_loud_or_harmonic(extract):
    noise = np.random.default_rng(0).normal(0, 0.1, RATE)
    values = extract(clear=voice(220), soft=voice(220) / 10, noisy=voice(220) + noise)
    # Loudness grows with the power to .33: a tenth of the amplitude has 100 ** -.33 of it.
    ratio = values["soft"]["loudness_mean"] / values["clear"]["loudness_mean"]
    assert ratio == pytest.approx(100**-0.33, rel=0.02)
    assert values["noisy"]["HNR_mean"] < values["clear"]["HNR_mean"] - 3
    assert values["noisy"]["voicing_mean"] < values["clear"]["voicing_mean"]


def by_definition(contour, *, nonzero):
    """The functionals of a contour [frame]."""
    values = contour[contour != 0] if nonzero else contour
    frames = np.arange(len(values))
    low, high = np.percentile(values, [10, 90])
    return [
        values.mean(),
        values.std(),
        np.polyfit(frames, values, 1)[0],
        (frames * values).sum() / values.sum() / len(values),
        low,
        high,
        high - low,
    ]


def test_functionals_are_those_of_the_contours():
    pytest.importorskip("opensmile")
    speech = np.repeat([1, 0, 1, 0], RATE // 2)
    noise = np.random.default_rng(0).normal(0, 0.005, 2 * RATE)
    signal = ((gliding(120, 220) + noise) * speech).astype(np.float32)
    contours = {}
    for level in ("voice_contours", "loudness_contour"):
        with open_smile(level) as smile:
            # openSMILE sums up before the last frames come: one of loudness, some of the voice,
            # which are 0 here.
            table = smile.process_signal(signal, RATE).astype(float).iloc[:-1]
            contours |= dict(table.items())
    assert (contours["F0final_sma"] == 0).sum() > 50  # there are pauses
    expected = [
        value
        for contour, name in CONTOURS.items()
        for value in by_definition(
            contours[f"{name}_sma"].to_numpy(), nonzero=contour != "loudness"
        )
    ]
    with open_smile() as smile:
        found = functionals(smile, signal)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.filterwarnings("error")
def test_an_utterance_too_short_to_measure_is_zero_and_counted(extract, caplog):
    caplog.set_level(logging.INFO)
    values = extract(short=voice(220, 0.05), silent=SILENCE, empty=SILENCE[:1], usual=voice(220))
    assert set(values["short"].values()) == set(values["empty"].values()) == {0}
    assert values["silent"]["F0_mean"] == values["silent"]["HNR_mean"] == 0
    assert np.isfinite(list(values["silent"].values())).all()
    assert "written as 0: in 2 of 4 utterances" in caplog.text


def test_full_scale_does_not_wrap_around(extract):
    peaks = voice(220) > 0
    values = extract(full=np.where(peaks, 1, -0.5), below=np.where(peaks, 1 - 2**-15, -0.5))
    assert values["full"] == values["below"]


def test_the_attributes_name_the_features(extract, tmp_path):
    extract(a=voice(220))
    with h5py.File(tmp_path / "prosody.h5") as file:
        assert file.attrs["names"].split() == list(FEATURES)
        assert "opensmile" in file.attrs["packages"]


def test_without_opensmile_it_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(DataError, match=r"pip install 'emofusion\[prosody\]'"):
        extract_prosody(pd.DataFrame(), tmp_path, tmp_path / "prosody.h5")


def test_without_a_folder_for_temporary_files_the_variable_is_named(monkeypatch):
    pytest.importorskip("opensmile")
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    with pytest.raises(DataError, match="set TMPDIR"), open_smile():
        pass
