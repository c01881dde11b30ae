"""Which utterances are used."""

from fractions import Fraction

import av
import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from emofusion.corpora.iemocap import COLUMNS
from emofusion.corpora.probe import probe
from emofusion.corpora.table import read_table
from emofusion.errors import DataError

LABELS = ["ang", "neu"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A second of sound, a video of two seconds, and files that are none."""
    root = tmp_path_factory.mktemp("corpus")
    (root / "Session1").mkdir()
    soundfile.write(root / "good.wav", np.zeros(16000), 16000)
    soundfile.write(root / "silent.wav", np.zeros(0), 16000)
    (root / "broken.wav").write_bytes(b"no sound")
    (root / "broken.avi").write_bytes(b"no video")
    with av.open(str(root / "good.avi"), "w", format="avi") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for _ in range(20):
            frame = av.VideoFrame.from_ndarray(np.zeros((16, 32, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return root


def table(*rows):
    """An utterance table; what a row does not say is in order."""
    good = dict.fromkeys(COLUMNS, "") | {
        "start": 0.5,
        "end": 1.5,
        "label": "neu",
        "transcript": "Yes.",
        "audio_path": "good.wav",
        "video_path": "good.avi",
    }
    return pd.DataFrame([good | {"utterance_id": f"u{i}"} | row for i, row in enumerate(rows)])


def test_a_selected_utterance_carries_the_sizes_of_its_media(corpus):
    selected, exclusions = probe(table({}), corpus, labels=LABELS, modalities="tva")
    assert len(exclusions) == 0
    assert selected.loc[0, ["audio_samples", "audio_rate"]].to_list() == [16000, 16000]
    assert selected.loc[0, "video_seconds"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("row", "stage", "reason"),
    [
        ({"label": ""}, "label", "no label"),
        ({"label": "xxx"}, "label", "label xxx"),
        ({"transcript": " "}, "text", "empty transcript"),
        ({"audio_path": "missing.wav"}, "audio", "no audio file"),
        ({"audio_path": "silent.wav"}, "audio", "no samples"),
        ({"video_path": "missing.avi"}, "vision", "no video file"),
        ({"start": 2.0, "end": 3.0}, "vision", "no video frame"),
        ({"start": 1.0, "end": 1.0}, "vision", "no video frame"),
        ({"label": "", "audio_path": "missing.wav"}, "label", "no label"),
    ],
)
def test_an_exclusion_has_the_first_reason_that_applies(corpus, row, stage, reason):
    selected, exclusions = probe(table({}, row), corpus, labels=LABELS, modalities="tva")
    assert list(selected["utterance_id"]) == ["u0"]
    assert exclusions.loc[0, ["utterance_id", "stage"]].to_list() == ["u1", stage]
    assert exclusions.loc[0, "reason"].startswith(reason)


@pytest.mark.parametrize(
    "row",
    [
        {"transcript": "[LAUGHTER]"},
        {"start": 1.99, "end": 9.0},
    ],
)
def test_little_is_enough(corpus, row):
    selected, _ = probe(table(row), corpus, labels=LABELS, modalities="tva")
    assert len(selected) == 1


def test_a_modality_that_is_not_used_excludes_nothing(corpus):
    nothing = {"transcript": "", "audio_path": "broken.wav", "video_path": "broken.avi"}
    for modalities, used in [("t", "transcript"), ("a", "audio_path"), ("v", "video_path")]:
        row = {key: value for key, value in nothing.items() if key != used}
        selected, _ = probe(table(row), corpus, labels=LABELS, modalities=modalities)
        assert len(selected) == 1
    assert selected.loc[0, ["audio_samples", "audio_rate"]].to_list() == [0, 0]


@pytest.mark.parametrize("row", [{"audio_path": "broken.wav"}, {"video_path": "broken.avi"}])
def test_an_unreadable_file_is_named(corpus, row):
    with pytest.raises(DataError, match=r"broken\.(wav|avi): not a readable"):
        probe(table(row), corpus, labels=LABELS, modalities="tva")


def test_nothing_left_is_an_error_with_the_reason(corpus):
    with pytest.raises(DataError, match=r"none of 2 utterances .*label xxx.*\(2 utterances\)"):
        probe(table({"label": "xxx"}, {"label": "xxx"}), corpus, labels=LABELS, modalities="t")


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["", "ang", "neu", "xxx"]), st.sampled_from(["", "Yes."])))
)
def test_no_utterance_disappears_and_the_order_is_kept(corpus, rows):
    utterances = table(
        {"label": "neu"}, *({"label": label, "transcript": text} for label, text in rows)
    )
    selected, exclusions = probe(utterances, corpus, labels=LABELS, modalities="t")
    kept, left_out = list(selected["utterance_id"]), list(exclusions["utterance_id"])
    order = list(utterances["utterance_id"])
    assert sorted(kept + left_out, key=order.index) == order
    assert kept == sorted(kept, key=order.index)
    assert left_out == sorted(left_out, key=order.index)


def test_a_table_is_read_as_it_was_written(tmp_path, corpus):
    texts = ["NA", "", 'He said "null".', "007"]
    written = table(*({"transcript": text} for text in texts)).assign(
        session=1, valence=[1 / 3, float("nan"), 2.5, 3.0], activation=0.1, dominance=0.1
    )
    written.to_csv(tmp_path / "table.csv", index=False)
    pd.testing.assert_frame_equal(
        read_table(tmp_path / "table.csv"), written, check_dtype=False, check_exact=True
    )
