"""MFCC and their derivatives."""

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.fft
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from emofusion.errors import DataError
from emofusion.features.audio import extract_mfcc, mfcc
from emofusion.features.framing import number_of_frames
from emofusion.features.store.read import RaggedStore

FRAMING = {"sample_rate": 16000, "frame_seconds": 0.025, "step_seconds": 0.01, "edges": "whole"}
SETTINGS = FRAMING | {"n_mfcc": 40}


def tone(hertz, seconds, rate=16000, amplitude=0.5):
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(samples):
    return np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)


@pytest.mark.parametrize("edges", ["whole", "padded"])
@settings(max_examples=50)
@given(st.integers(0, 2000))
def test_every_length_gives_the_frames_that_are_promised(edges, samples):
    features = mfcc(noise(samples), **SETTINGS | {"edges": edges})
    assert features.shape == (number_of_frames(samples, 16000, **FRAMING | {"edges": edges}), 120)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


@pytest.mark.parametrize(
    ("samples", "whole", "padded"),
    [(0, 0, 0), (1, 0, 1), (399, 0, 3), (400, 1, 3), (559, 1, 4), (560, 2, 4), (16000, 98, 101)],
)
def test_frames_fit_into_the_recording_or_are_centred_on_every_step(samples, whole, padded):
    assert number_of_frames(samples, 16000, **FRAMING) == whole
    assert number_of_frames(samples, 16000, **FRAMING | {"edges": "padded"}) == padded


def test_features_of_before_the_choice_are_padded():
    older = {key: value for key, value in SETTINGS.items() if key != "edges"}
    expected = mfcc(noise(1600), **SETTINGS | {"edges": "padded"})
    np.testing.assert_array_equal(mfcc(noise(1600), **older), expected)


def test_frames_are_counted_after_resampling():
    assert number_of_frames(1102, 44100, **FRAMING) == 1  # 399.8 samples at 16 kHz: 400
    assert number_of_frames(1099, 44100, **FRAMING) == 0  # 398.7: 399


def reference_mfcc(frame):
    """MFCC of one frame [400], from the definitions; 40 triangles, even on Slaney's mel scale."""

    def hertz(mel):
        mel = np.asarray(mel)
        return np.where(mel < 15, 200 / 3 * mel, 1000 * 6.4 ** ((mel - 15) / 27))

    top = 15 + 27 * np.log(8) / np.log(6.4)
    edges = hertz(np.linspace(0, top, 42))
    hamming = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.abs(np.fft.rfft(frame * hamming)) ** 2
    bins = np.arange(201) * 40
    bands = [
        2 / (high - low) * np.interp(bins, [low, middle, high], [0, 1, 0])
        for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False)
    ]
    decibels = 10 * np.log10(np.array(bands) @ power)
    return scipy.fft.dct(decibels, type=2, norm="ortho")


def test_coefficients_of_whole_frames_agree_with_the_definition():
    signal = noise(1600)
    features = mfcc(signal, **SETTINGS)
    assert len(features) == 8
    for frame in range(8):
        expected = reference_mfcc(signal[160 * frame : 160 * frame + 400])
        np.testing.assert_allclose(features[frame, :40], expected, atol=2e-3)


def test_coefficients_of_centred_frames_agree_with_the_definition():
    signal = noise(1600)
    features = mfcc(signal, **SETTINGS | {"edges": "padded"})
    assert len(features) == 11
    padded = np.pad(signal, 200)
    for frame in range(11):
        expected = reference_mfcc(padded[160 * frame : 160 * frame + 400])
        np.testing.assert_allclose(features[frame, :40], expected, atol=2e-3)


@pytest.mark.parametrize("frames", [1, 3, 8])
def test_derivatives_of_few_frames_take_the_first_and_the_last_as_lasting(frames):
    features = mfcc(noise(400 + 160 * (frames - 1)), **SETTINGS).astype(float)
    lasting = np.pad(features[:, :40], ((4, 4), (0, 0)), mode="edge")
    for frame in range(frames):
        curvature, slope, _ = np.polyfit(np.arange(-4, 5), lasting[frame : frame + 9], 2)
        np.testing.assert_allclose(features[frame, 40:80], slope, atol=1e-3)
        np.testing.assert_allclose(features[frame, 80:], 2 * curvature, atol=1e-3)


def test_a_tone_stands_in_its_mel_band():
    bands = scipy.fft.idct(mfcc(tone(1000, 0.5), **SETTINGS)[25, :40], type=2, norm="ortho")
    # 1000 Hz is mel 15 of 45.2; band k is centred on mel (k + 1) * 45.2 / 41.
    assert bands.argmax() == round(15 / (45.25 / 41)) - 1


def test_loudness_moves_the_first_coefficient_alone():
    soft, loud = mfcc(noise(4000), **SETTINGS), mfcc(10 * noise(4000), **SETTINGS)
    difference = (loud - soft).mean(axis=0)
    assert difference[0] == pytest.approx(20 * np.sqrt(40), rel=1e-4)  # 20 dB in each of 40 bands
    np.testing.assert_allclose(difference[1:], 0, atol=1e-3)


def test_derivatives_are_those_of_a_fitted_parabola():
    features = mfcc(noise(16000), **SETTINGS)
    time = np.arange(-4, 5)
    for frame in (4, 50, 93):
        window = features[frame - 4 : frame + 5, :40].astype(float)
        curvature, slope, _ = np.polyfit(time, window, 2)
        np.testing.assert_allclose(features[frame, 40:80], slope, atol=1e-3)
        np.testing.assert_allclose(features[frame, 80:], 2 * curvature, atol=1e-3)


def corpus(root, **wavs):
    """A corpus of wav files {utterance: (signal, rate)}, and its selected utterances."""
    (root / "Session1").mkdir()
    for name, (signal, rate) in wavs.items():
        soundfile.write(root / f"{name}.wav", signal, rate, subtype="FLOAT")
    return pd.DataFrame(
        {
            "utterance_id": list(wavs),
            "audio_path": [f"{name}.wav" for name in wavs],
            "audio_samples": [len(signal) for signal, _ in wavs.values()],
            "audio_rate": [rate for _, rate in wavs.values()],
        }
    )


def test_the_store_holds_each_utterance_in_order(tmp_path):
    selected = corpus(tmp_path, b=(noise(1600), 16000), a=(noise(400), 16000))
    extract_mfcc(selected, tmp_path, tmp_path / "audio.h5", settings=SETTINGS)
    store = RaggedStore(tmp_path / "audio.h5")
    assert store.ids == ["b", "a"]
    np.testing.assert_array_equal(store["b"], mfcc(noise(1600), **SETTINGS))
    with h5py.File(tmp_path / "audio.h5") as file:
        assert {key: file.attrs[key] for key in SETTINGS} == SETTINGS
        assert file.attrs["frames_per_second"] == pytest.approx(100)
        assert "librosa" in file.attrs["packages"]


def test_another_rate_is_resampled_and_channels_are_averaged(tmp_path):
    stereo = np.stack([2 * tone(500, 1.0001, 44100), 0 * tone(500, 1.0001, 44100)], axis=1)
    selected = corpus(tmp_path, a=(stereo, 44100), b=(tone(500, 1.0001), 16000))
    extract_mfcc(selected, tmp_path, tmp_path / "audio.h5", settings=SETTINGS)
    store = RaggedStore(tmp_path / "audio.h5")
    assert store["a"].shape == store["b"].shape
    bands = scipy.fft.idct(
        np.stack([store["a"][50, :40], store["b"][50, :40]]), type=2, norm="ortho"
    )
    assert bands.argmax(axis=1).tolist() == [bands[1].argmax()] * 2
    assert bands[0].max() == pytest.approx(bands[1].max(), abs=0.1)  # dB


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no sound", r"a.wav: not a readable wav file"),
        (np.array([0, np.nan], np.float32), r"a.wav: holds samples that are not finite"),
        (noise(3200), r"a has features of shape \(18, 120\), expected \(8, 120\)"),
    ],
)
def test_a_file_that_the_probe_did_not_see_fails(tmp_path, content, message):
    selected = corpus(tmp_path, a=(noise(1600), 16000))
    if isinstance(content, bytes):
        (tmp_path / "a.wav").write_bytes(content)
    else:
        soundfile.write(tmp_path / "a.wav", content, 16000, subtype="FLOAT")
    with pytest.raises(DataError, match=message):
        extract_mfcc(selected, tmp_path, tmp_path / "audio.h5", settings=SETTINGS)
    assert not (tmp_path / "audio.h5").exists()
