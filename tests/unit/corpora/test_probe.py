"""Which utterances are used."""

from fractions import Fraction
from pathlib import Path

import av
import numbered
import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from emofusion.corpora.probe import leave_out_small_classes, probe_folds
from emofusion.corpora.probe import probe as probe_session
from emofusion.errors import DataError
from emofusion.frames import read_frame
from emofusion.schemas import UTTERANCES

LABELS = ["ang", "neu"]
DROP = dict.fromkeys(
    ("no_label", "empty_transcript", "no_audio", "no_video_frame", "unreadable_file"), "drop"
)
POLICY = DROP | {"unreadable_file": "fail"}


def probe(utterances, root, *, modalities, labels=LABELS, method="all", policy=POLICY, **given):
    return probe_session(
        utterances,
        root,
        labels=labels,
        method=method,
        modalities=modalities,
        policy=policy,
        **given,
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A second of sound, a video of two seconds, and files that are none."""
    root = tmp_path_factory.mktemp("corpus")
    (root / "Session1").mkdir()
    soundfile.write(root / "good.wav", np.zeros(16000), 16000)
    soundfile.write(root / "silent.wav", np.zeros(0), 16000)
    soundfile.write(root / "short.wav", np.zeros(399), 16000)
    soundfile.write(root / "enough.wav", np.zeros(1099 + 1), 44100)  # 400 samples at 16 kHz
    (root / "cut.wav").write_bytes((root / "good.wav").read_bytes()[:16044])
    (root / "header.wav").write_bytes((root / "good.wav").read_bytes()[:44])
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
    good = dict.fromkeys(UTTERANCES, "") | {
        "start": 0.5,
        "end": 1.5,
        "label": "neu",
        "method": "scripted",
        "transcript": "Yes.",
        "audio_path": "good.wav",
        "video_path": "good.avi",
    }
    return pd.DataFrame([good | {"utterance_id": f"u{i}"} | row for i, row in enumerate(rows)])


def test_a_selected_utterance_carries_the_sizes_of_its_media(corpus):
    selected, exclusions = probe(table({}), corpus, modalities="tva")
    assert len(exclusions) == 0
    assert selected.loc[0, ["audio_samples", "audio_rate"]].to_list() == [16000, 16000]
    assert selected.loc[0, "video_seconds"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("row", "stage", "kind", "reason"),
    [
        ({"label": ""}, "label", "no_label", "no label"),
        ({"label": "xxx"}, "label", "other_label", "label xxx"),
        ({"transcript": " "}, "text", "empty_transcript", "empty transcript"),
        ({"audio_path": "missing.wav"}, "audio", "no_audio", "no file missing.wav"),
        ({"audio_path": "silent.wav"}, "audio", "no_audio", "no samples"),
        ({"video_path": "missing.avi"}, "vision", "no_video_frame", "no file missing.avi"),
        ({"start": 2.0, "end": 3.0}, "vision", "no_video_frame", "no frame from 2.0 to 3.0 s"),
        ({"start": 1.0, "end": 1.0}, "vision", "no_video_frame", "no frame"),
        ({"label": "", "audio_path": "missing.wav"}, "label", "no_label", "no label"),
    ],
)
def test_an_exclusion_has_the_first_reason_that_applies(corpus, row, stage, kind, reason):
    selected, exclusions = probe(table({}, row), corpus, modalities="tva")
    assert list(selected["utterance_id"]) == ["u0"]
    assert exclusions.loc[0, ["utterance_id", "stage", "kind"]].to_list() == ["u1", stage, kind]
    assert exclusions.loc[0, "reason"].startswith(reason)


@pytest.mark.parametrize(
    "row",
    [
        {"transcript": "[LAUGHTER]"},
        {"start": 1.99, "end": 9.0},
    ],
)
def test_little_is_enough(corpus, row):
    selected, _ = probe(table(row), corpus, modalities="tva")
    assert len(selected) == 1


FRAMING = {"sample_rate": 16000, "frame_seconds": 0.025, "step_seconds": 0.01, "edges": "whole"}


def test_a_recording_shorter_than_a_frame_has_no_audio(corpus):
    rows = table({"audio_path": "short.wav"}, {"audio_path": "enough.wav"}, {})
    selected, exclusions = probe(rows, corpus, modalities="a", framing=FRAMING)
    assert list(selected["utterance_id"]) == ["u1", "u2"]
    assert exclusions.loc[0].to_list() == [
        "u0", "audio", "no_audio", "short.wav lasts 0.0249 s, less than a frame"
    ]  # fmt: skip
    for framing in (FRAMING | {"edges": "padded"}, None):  # one's own features: None
        assert len(probe(rows, corpus, modalities="a", framing=framing)[0]) == 3


def test_where_events_are_dropped_an_utterance_of_events_alone_has_no_words(corpus):
    rows = table({"transcript": "[LAUGHTER] [BREATHING]"}, {"transcript": "[LAUGHTER] Yes."})
    assert len(probe(rows, corpus, modalities="t")[0]) == 2
    selected, exclusions = probe(rows, corpus, modalities="t", events="drop")
    assert list(selected["utterance_id"]) == ["u1"]
    assert exclusions.loc[0, ["stage", "kind"]].to_list() == ["text", "empty_transcript"]
    assert exclusions.loc[0, "reason"] == "no words but [LAUGHTER] [BREATHING]"


@pytest.mark.parametrize("name", ["cut.wav", "header.wav"])
def test_a_recording_that_was_cut_off_is_damaged_and_no_short_or_empty_one(corpus, name):
    with pytest.raises(DataError, match=rf"\(unreadable_file\)(.|\n)*{name}: cut off"):
        probe(table({}, {"audio_path": name}), corpus, modalities="a")
    _, exclusions = probe(table({}, {"audio_path": name}), corpus, modalities="a", policy=DROP)
    assert exclusions.loc[0, ["stage", "kind"]].to_list() == ["audio", "unreadable_file"]


def test_a_modality_that_is_not_used_excludes_nothing(corpus):
    nothing = {"transcript": "", "audio_path": "broken.wav", "video_path": "broken.avi"}
    for modalities, used in [("t", "transcript"), ("a", "audio_path"), ("v", "video_path")]:
        row = {key: value for key, value in nothing.items() if key != used}
        selected, _ = probe(table(row), corpus, modalities=modalities)
        assert len(selected) == 1
    assert selected.loc[0, ["audio_samples", "audio_rate"]].to_list() == [0, 0]


@pytest.mark.parametrize("row", [{"audio_path": "broken.wav"}, {"video_path": "broken.avi"}])
def test_an_unreadable_file_is_named(corpus, row):
    with pytest.raises(DataError, match=r"broken\.(wav|avi): not a readable"):
        probe(table(row), corpus, modalities="tva")


@pytest.mark.parametrize("row", [{"audio_path": "broken.wav"}, {"video_path": "broken.avi"}])
def test_an_unreadable_file_can_be_dropped_with_a_row(corpus, row):
    selected, exclusions = probe(table({}, row), corpus, modalities="tva", policy=DROP)
    assert list(selected["utterance_id"]) == ["u0"]
    assert exclusions.loc[0, "kind"] == "unreadable_file"


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"label": ""}, "no_label"),
        ({"transcript": ""}, "empty_transcript"),
        ({"audio_path": "missing.wav"}, "no_audio"),
        ({"start": 9.0, "end": 9.5}, "no_video_frame"),
    ],
)
def test_a_kind_that_shall_fail_stops_with_the_utterance_and_the_key(corpus, row, kind):
    line = rf"1 utterance .*first is u1.*`exclusions: \{{{kind}: drop\}}`"
    with pytest.raises(DataError, match=line):
        probe(table({}, row), corpus, modalities="tva", policy=DROP | {kind: "fail"})


@pytest.mark.parametrize("column", ["audio_path", "video_path"])
def test_a_session_without_any_file_of_a_modality_was_not_unpacked(corpus, column):
    rows = table(*({column: f"missing{i}.x"} for i in range(3)))
    with pytest.raises(DataError, match=r"none of 3 .* unpack them, or take \w out of"):
        probe(rows, corpus, modalities="tva")


def test_a_dialog_without_any_transcript_was_not_unpacked(corpus):
    rows = table(
        {"dialog": "d1"}, {"dialog": "d2", "transcript": ""}, {"dialog": "d1", "transcript": ""}
    )
    message = r"1 dialogs without any transcript, such as d2\. .*transcriptions"
    with pytest.raises(DataError, match=message):
        probe(rows, corpus, modalities="t", text_in_every_dialog=True)
    assert len(probe(rows, corpus, modalities="a", text_in_every_dialog=True)[0]) == 3
    assert len(probe(rows, corpus, modalities="t")[0]) == 1  # a corpus may lack some


def turns(root, video, *spans):
    """A table of utterances of one video, by start and end [s]; the folder is made a release."""
    (root / "Session1").mkdir(exist_ok=True)
    return table(*({"start": a, "end": b, "video_path": video} for a, b in spans))


EVEN = [(2 * number + 0.1, 2 * number + 1.9) for number in range(5)]


def test_half_a_video_is_damaged_and_drops_nothing_as_without_frames(tmp_path):
    path = numbered.write(tmp_path / "half.avi")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    rows = turns(tmp_path, path.name, *EVEN)
    with pytest.raises(DataError, match=r"5 utterances .*unreadable_file[^$]*half.avi: cut off"):
        probe(rows, tmp_path, modalities="v")
    selected, exclusions = probe(table({}, {}), tmp_path, modalities="t", policy=DROP)
    assert len(selected) == 2
    assert exclusions.empty


def test_after_the_end_of_a_whole_video_there_is_no_frame(tmp_path):
    path = numbered.write(tmp_path / "v.mkv", 120)
    selected, exclusions = probe(turns(tmp_path, path.name, *EVEN), tmp_path, modalities="v")
    assert list(selected["utterance_id"]) == ["u0", "u1"]
    assert selected["video_seconds"].to_list() == pytest.approx([4, 4], abs=0.001)
    assert list(exclusions["kind"]) == ["no_video_frame"] * 3


@pytest.mark.parametrize("name", ["v.webm", "v.mp4"])
def test_a_length_that_the_stream_does_not_tell_is_that_of_its_pictures(tmp_path, name):
    path = numbered.write(tmp_path / name, muxer={"live": "1"} if name == "v.webm" else {})
    selected, _ = probe(turns(tmp_path, path.name, *EVEN), tmp_path, modalities="v")
    assert len(selected) == 5


def test_an_utterance_that_reaches_into_a_hole_of_the_video_cannot_be_read(tmp_path):
    stamps = [*range(90), *range(150, 300)]
    path = numbered.write(tmp_path / "v.avi", 240, stamps=stamps)
    rows = turns(tmp_path, path.name, (1, 3), (2.9, 3.2), (3.5, 4), (4.9, 6), (5, 6), (1, 7))
    with pytest.raises(DataError, match=r"4 utterances .*[^$]*v.avi: no frame from 3.00 to 5.00 s"):
        probe(rows, tmp_path, modalities="v")
    selected, exclusions = probe(rows, tmp_path, modalities="v", policy=DROP)
    assert list(selected["utterance_id"]) == ["u0", "u4"]
    assert set(exclusions["kind"]) == {"unreadable_file"}


@pytest.mark.parametrize(
    ("column", "kind"), [("audio_path", "no_audio"), ("video_path", "no_video_frame")]
)
def test_links_to_nothing_and_folders_with_the_name_of_a_file_are_no_files(corpus, column, kind):
    (corpus / "link").unlink(missing_ok=True)
    (corpus / "link").symlink_to("/not/mounted")
    rows = table({}, {column: "link"}, {column: "Session1"})
    selected, exclusions = probe(rows, corpus, modalities="tva")
    assert len(selected) == 1
    assert list(exclusions["kind"]) == [kind] * 2


@pytest.mark.parametrize(
    ("column", "kind"), [("audio_path", "no_audio"), ("video_path", "no_video_frame")]
)
def test_a_folder_that_may_not_be_entered_holds_no_files(corpus, column, kind, monkeypatch):
    def stat(path, **options):
        if "locked" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return allowed(path, **options)

    allowed = type(corpus).stat
    monkeypatch.setattr(type(corpus), "stat", stat)
    monkeypatch.setattr(Path, "stat", stat)
    _, exclusions = probe(table({}, {column: "locked/a"}), corpus, modalities="tva")
    assert list(exclusions["kind"]) == [kind]


def test_labels_can_be_merged_into_one_class(corpus):
    rows = table({"label": "hap"}, {"label": "exc"}, {"label": "ang"})
    selected, _ = probe(rows, corpus, modalities="t", labels=["ang", "hap+exc"])
    assert list(selected["label"]) == ["hap+exc", "hap+exc", "ang"]


def test_dialogs_of_the_other_method_are_left_out(corpus):
    rows = table({}, {"method": "improvised"})
    selected, exclusions = probe(rows, corpus, modalities="t", method="improvised")
    assert list(selected["utterance_id"]) == ["u1"]
    assert exclusions.loc[0, ["stage", "reason"]].to_list() == ["method", "scripted dialog"]


def test_prepared_rows_without_frames_or_words_are_left_out_even_the_first():
    lengths = {"tokens": [3, 0, 3, 3], "audio_frames": [9, 9, 0, 9], "video_frames": [0, 2, 2, 2]}
    rows = pd.DataFrame({"utterance_id": list("abcd"), "label": "ang"} | lengths)
    selected, exclusions = probe_folds(rows, labels=["ang"], modalities="tva", policy=DROP)
    assert list(selected["utterance_id"]) == ["d"]
    assert list(exclusions["kind"]) == ["no_video_frame", "empty_transcript", "no_audio"]
    selected, _ = probe_folds(rows, labels=["ang"], modalities="a", policy=DROP)
    assert list(selected["utterance_id"]) == ["a", "b", "d"]


def select(rows, corpus, minimum, labels=LABELS, method="all"):
    selected, exclusions = probe(rows, corpus, modalities="ta", labels=labels, method=method)
    return leave_out_small_classes(
        rows, selected, exclusions, labels=labels, min_class_size=minimum
    )


def test_a_class_with_too_few_utterances_is_left_out_with_its_rows_in_order(corpus):
    rows = table({"label": "sad"}, {}, {"label": "xxx"}, {"label": "ang"}, {}, {"label": "ang"})
    selected, exclusions = select(rows, corpus, 2, ["ang", "neu", "sad"])
    assert list(selected["label"]) == ["neu", "ang", "neu", "ang"]
    assert list(selected.index) == [0, 1, 2, 3]
    assert list(exclusions["utterance_id"]) == ["u0", "u2"]
    assert exclusions.loc[0, "reason"] == "class sad has fewer than 2 utterances"


def test_an_utterance_without_its_file_counts_for_the_size_of_its_class(corpus):
    rows = table({}, {}, {"label": "ang"}, {"label": "ang", "audio_path": "missing.wav"})
    selected, exclusions = select(rows, corpus, 2)
    assert list(selected["label"]) == ["neu", "neu", "ang"]
    assert list(exclusions["kind"]) == ["no_audio"]


def test_of_improvised_dialogs_alone_only_these_count(corpus):
    rows = table(*({"label": x, "method": "improvised"} for x in LABELS), {"label": "ang"}, {})
    with pytest.raises(DataError, match=r"0 of 4 utterances .*small_class 2, other_method 2"):
        select(rows, corpus, 2, method="improvised")


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(["", "ang", "neu", "xxx"]), st.sampled_from(["", "Yes."])))
)
def test_no_utterance_disappears_and_the_order_is_kept(corpus, rows):
    utterances = table(
        {"label": "neu"}, *({"label": label, "transcript": text} for label, text in rows)
    )
    selected, exclusions = probe(utterances, corpus, modalities="t")
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
        read_frame(tmp_path / "table.csv"), written, check_dtype=False, check_exact=True
    )


def test_a_span_of_a_recording_counts_as_its_sound(corpus):
    rows = table(
        {"audio_start": 0.25, "audio_end": 0.75},
        {"audio_start": 0.9, "audio_end": np.nan},
        {"audio_start": 1.5, "audio_end": 2.0},
    )
    selected, exclusions = probe(rows, corpus, modalities="a")
    assert list(selected["audio_samples"]) == [8000, 1600]
    assert list(exclusions["reason"]) == ["no sound from 1.5 to 2.0 s; good.wav has 1.00 s"]


def test_without_a_span_the_whole_video_is_the_utterance(corpus):
    selected, _ = probe(table({"start": np.nan, "end": np.nan}), corpus, modalities="v")
    assert list(selected["video_seconds"]) == [2.0]


def test_an_utterance_without_a_recording_or_video_is_left_out(corpus):
    selected, exclusions = probe(table({}, {"audio_path": ""}), corpus, modalities="a")
    assert len(selected) == 1
    assert exclusions[["kind", "reason"]].to_numpy().tolist() == [["no_audio", "no recording"]]
    selected, exclusions = probe(table({}, {"video_path": ""}), corpus, modalities="v")
    assert exclusions[["kind", "reason"]].to_numpy().tolist() == [["no_video_frame", "no video"]]


def test_known_faults_are_left_out_where_their_modality_is_used(corpus):
    rows = table({}, {"audio_fault": "hiss", "video_fault": ""}).fillna("")
    _, exclusions = probe(rows, corpus, modalities="a")
    assert exclusions[["stage", "kind", "reason"]].to_numpy().tolist() == [
        ["audio", "known_fault", "hiss"]
    ]
    assert len(probe(rows, corpus, modalities="v")[1]) == 0


def test_any_format_is_measured(corpus):
    soundfile.write(corpus / "good.flac", np.zeros(8000), 16000)
    selected, _ = probe(table({"audio_path": "good.flac"}), corpus, modalities="a")
    assert selected[["audio_samples", "audio_rate"]].to_numpy().tolist() == [[8000, 16000]]
