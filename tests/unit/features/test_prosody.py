"""Functionals of utterances whose pitch and loudness are known."""

import logging
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
import soundfile

from emofusion.errors import DataError
from emofusion.features.prosody import FEATURES, extract_prosody
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


def test_there_are_35_different_features():
    assert len(set(FEATURES)) == len(FEATURES) == 35


def test_pitch_is_in_semitones_above_27_5_hertz(extract):
    values = extract(high=voice(220), low=voice(110))
    pitch = {name: value["F0semitoneFrom27.5Hz_sma3nz_amean"] for name, value in values.items()}
    assert pitch["high"] == pytest.approx(36, abs=0.1)  # three octaves
    assert pitch["low"] == pytest.approx(24, abs=0.1)


def test_sound_level_is_the_mean_power(extract):
    values = extract(loud=voice(220), soft=voice(220) / 10)
    power = 10 * np.log10(np.mean(voice(220) ** 2))
    assert values["loud"]["equivalentSoundLevel_dBp"] == pytest.approx(power, abs=0.1)
    assert values["soft"]["equivalentSoundLevel_dBp"] == pytest.approx(power - 20, abs=0.1)
    assert values["soft"]["loudness_sma3_amean"] < values["loud"]["loudness_sma3_amean"]


def test_voiced_and_unvoiced_stretches_are_measured(extract):
    half = SILENCE[: RATE // 2]
    (values,) = extract(a=np.concatenate([voice(220), half, voice(220), half])).values()
    assert values["VoicedSegmentsPerSec"] == pytest.approx(2 / 3, abs=0.05)
    assert values["MeanVoicedSegmentLengthSec"] == pytest.approx(1, abs=0.1)
    assert values["MeanUnvoicedSegmentLength"] == pytest.approx(0.5, abs=0.1)


def test_a_tone_is_steadier_and_more_harmonic_with_less_noise(extract):
    noise = np.random.default_rng(0).normal(0, 0.1, RATE)
    values = extract(clear=voice(220), rough=voice(220) + noise)
    assert values["clear"]["jitterLocal_sma3nz_amean"] < values["rough"]["jitterLocal_sma3nz_amean"]
    assert values["clear"]["HNRdBACF_sma3nz_amean"] > values["rough"]["HNRdBACF_sma3nz_amean"]


@pytest.mark.filterwarnings("error")
def test_an_utterance_too_short_to_measure_is_zero_and_counted(extract, caplog):
    caplog.set_level(logging.INFO)
    values = extract(short=voice(220, 0.05), silent=SILENCE, empty=SILENCE[:1], usual=voice(220))
    assert set(values["short"].values()) == set(values["empty"].values()) == {0}
    assert values["silent"]["F0semitoneFrom27.5Hz_sma3nz_amean"] == 0
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
