"""The known counts, held against a release that has them; every oddity of the real one included."""

import random

import pandas as pd
import pytest

from emofusion.corpora.iemocap.checking import compare_release
from emofusion.corpora.iemocap.known import (
    DIALOGS,
    GENDERS,
    LABEL_COUNTS,
    LABELLED,
    METHOD_COUNTS,
    PUBLISHED_FRAMING,
    check_counts,
    compare_with_known,
)
from emofusion.corpora.iemocap.reading import read_release
from emofusion.corpora.labels import classes_of
from emofusion.errors import DataError

PAPER = ["ang", "exc", "hap", "sad", "fru", "sur", "neu"]
ODD_TEXTS = ["[LAUGHTER]", "", "Caf\xe9, \u2026 what: now?", "NA", 'He said "no".']


def spread(counts):
    """One value an utterance, in an order that has nothing to do with the others'."""
    values = [name for name, count in counts.items() for _ in range(count)]
    random.Random(str(counts)).shuffle(values)
    return values


def utterances():
    """{dialog: its (speaker, label)} with the sessions, methods, labels and speakers of IEMOCAP."""
    room = dict(LABELLED)
    methods = {1: 900, 2: 950, 3: 1100, 4: 1100, 5: 1205}  # scripted, by session; 5255 in all
    assert sum(methods.values()) == METHOD_COUNTS["scripted"]
    plan = {dialog: [] for dialog in sorted(DIALOGS)}
    pairs = iter(zip(spread(GENDERS), spread(LABEL_COUNTS), strict=True))
    for session, count in room.items():
        for kind, number in (
            ("script", methods[session]),
            ("impro", count - methods[session]),
        ):
            own = [d for d in plan if int(d[3:5]) == session and kind in d]
            for turn in range(number):
                plan[own[turn % len(own)]].append(next(pairs))
    return plan


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A release of 151 dialogs, labels and transcripts alone, half of it with Windows line ends."""
    root = tmp_path_factory.mktemp("corpus") / "IEMOCAP_full_release"
    for number, (dialog, turns) in enumerate(utterances().items()):
        folder = root / f"Session{int(dialog[3:5])}/dialog"
        labels, lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""], ["M: Sorry."]
        for turn, (speaker, label) in enumerate(turns):
            name = f"{dialog}_{speaker}{turn:03d}"
            span = f"{turn}.0000 - {turn + 1}.5000"
            labels += [f"[{span}]\t{name}\t{label}\t[2.5000, 2.0000, 3.0000]", "C-E2:\tOther;\t()"]
            text = ODD_TEXTS[turn % 40] if turn % 40 < len(ODD_TEXTS) else f"Word number {turn}."
            lines.append(f"{name} [{turn:08.4f}-{turn + 1:08.4f}]: {text}")
        lines.append(f"{dialog}_MXX0 [900.0000-901.0000]: Mm-hmm.")
        end = "\r\n" if number % 2 else "\n"
        write(folder / f"EmoEvaluation/{dialog}.txt", end.join(labels))
        write(folder / f"EmoEvaluation/._{dialog}.txt", "\x00\x05\x16\x07")
        write(folder / f"EmoEvaluation/Categorical/{dialog}_e2_cat.txt", "not a label")
        write(folder / f"EmoEvaluation/Attribute/{dialog}_e3_atr.txt", "not a label")
        write(folder / f"EmoEvaluation/Self-evaluation/{dialog}_f1_atr.txt", "not a label")
        write(folder / f"transcriptions/{dialog}.txt", end.join(lines))
        write(folder / f"transcriptions/._{dialog}.txt", "\x00\x05\x16\x07")
    return root


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("cp1252"))


@pytest.fixture(scope="module")
def table(release):
    return read_release(release)


def test_a_release_with_the_true_structure_has_the_true_counts(table):
    check_counts(table)
    labelled = table[table["label"] != ""]
    assert len(labelled) == 10039
    assert len(table) == 10039 + 151  # one turn without a label in each dialog
    assert table["dialog"].nunique() == 151
    sizes = classes_of(table["label"], PAPER, 100).value_counts().drop("")
    assert sizes.to_dict() == {
        "ang": 1103, "exc": 1041, "hap": 595, "sad": 1084, "fru": 1849, "sur": 107, "neu": 1708,
    }  # fmt: skip
    assert sizes.sum() == 7487


def test_classes_under_a_hundred_utterances_are_those_that_the_paper_leaves_out(table):
    everything = [*PAPER, "fea", "dis", "oth"]
    assert set(classes_of(table["label"], everything, 100)) == {*PAPER, ""}


def test_the_dialogs_by_session_are_those_that_the_baselines_print(table):
    assert table.groupby("session")["dialog"].nunique().to_list() == [28, 30, 32, 30, 31]


def test_every_row_is_labelled_transcribed_and_placed_by_its_id(table):
    row = table.set_index("utterance_id").loc[
        table["utterance_id"][table["dialog"] == "Ses05M_script01_1b"].iloc[0]
    ]
    assert (row["session"], row["method"]) == (5, "scripted")
    assert set(table["transcript"]) >= set(ODD_TEXTS)
    assert not table["transcript"].str.contains("\r").any()
    sides = table[table["dialog"] == "Ses03M_impro05a"].groupby("gender")["video_side"].unique()
    assert (sides["M"], sides["F"]) == (["left"], ["right"])


def test_a_missing_dialog_is_named(table):
    with pytest.raises(DataError) as error:
        check_counts(table[table["dialog"] != "Ses05M_script01_1b"])
    text = str(error.value)
    assert "dialogs: 150 found, 151 expected; missing: Ses05M_script01_1b" in text
    assert "2170 expected" in text
    assert "expected_counts: null" in text


def test_a_dialog_whose_turns_lost_their_labels_is_named(table):
    broken = table.copy()
    lost = broken.index[broken["dialog"] == "Ses02F_impro03"][:3]
    broken.loc[lost, "label"] = ""
    with pytest.raises(DataError, match=r"Session2: 1808 .* no label: Ses02F_impro03 3"):
        check_counts(broken)


def test_a_relabelled_copy_is_refused_by_its_labels(table):
    """A widely copied list calls 53 of xxx happy."""
    broken = table.copy()
    broken.loc[broken.index[broken["label"] == "xxx"][:53], "label"] = "hap"
    with pytest.raises(DataError) as error:
        check_counts(broken)
    assert "label hap: 648 found, 595 expected" in str(error.value)
    assert "label xxx: 2454 found, 2507 expected" in str(error.value)
    assert "Session" not in str(error.value)


def test_statistics_stand_beside_the_known_ones(table):
    labelled = table[table["label"] != ""]
    tokens = [["a", "b"], ["a"]] + [["a"] * 3] * (len(labelled) - 2)
    found = compare_with_known(labelled, tokens, missing=7).set_index("quantity")["found"]
    assert (found["dialogs"], found["label fru"], found["session 4"]) == (151, 1849, 2103)
    assert (found["tokens types"], found["tokens longest"]) == (2, 3)
    assert found["types without a word vector"] == 7
    # All utterances last 1.5 s: 1 + (24000 - 400) // 160 frames.
    assert found["MFCC frames shortest"] == found["MFCC frames longest"] == 148
    assert "types without a word vector" not in set(
        compare_with_known(labelled, tokens, None)["quantity"]
    )


def test_frames_are_counted_as_the_extractor_counts_them(table):
    labelled = table[table["label"] != ""]
    tokens = [["a"]] * len(labelled)
    padded = PUBLISHED_FRAMING | {"edges": "padded"}
    found = compare_with_known(labelled, tokens, None, padded).set_index("quantity")["found"]
    assert found["MFCC frames mean"] == 151  # 1 + 24000 // 160


def test_a_difference_that_is_known_has_a_note(table):
    labelled = table[table["label"] != ""]
    found = compare_with_known(labelled, [["a"]] * len(labelled), None)
    notes = found.set_index("quantity")["note"]
    assert notes["MFCC frames shortest"].endswith("by the label times of the release it is 57")
    assert set(notes.drop("MFCC frames shortest")) == {""}


def test_words_without_a_vector_are_counted_where_word_vectors_are_named(tmp_path):
    glove = tmp_path / "glove.txt"
    glove.write_text("you 0.1 0.2\nknow 0.3 0.4\n")
    said = {
        "label": ["neu", "sad", ""],
        "transcript": ["You know.", "You know, I ...", "Unlabelled"],
    }
    table = pd.DataFrame(said).assign(dialog="d", session=1, method="scripted", gender="F")
    table = table.assign(start=0.0, end=[1.0, 2.0, 3.0])
    found = compare_release(table, str(glove), 2, None).set_index("quantity")["found"]
    assert found["tokens types"] == 6  # you know . , i ...
    assert found["types without a word vector"] == 4
    assert found["MFCC frames longest"] == 198  # 2 s in whole frames of 25 ms every 10 ms
    assert "types without a word vector" not in set(compare_release(table, "", 2, None)["quantity"])
