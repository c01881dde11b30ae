"""Readers of free corpora, on made-up files in the layouts of the releases."""

import pytest

from emofusion.corpora import cremad, emodb, find_corpus, meld, ravdess
from emofusion.errors import DataError


def touch(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder


def write(path, *lines, end="\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(end.join([*lines, ""]), encoding="utf-8", newline="")


def by_id(rows):
    return {row["utterance_id"]: row for row in rows}


@pytest.mark.parametrize("corpus", [ravdess, cremad, meld, emodb])
def test_a_folder_that_is_not_there_or_empty_is_named_with_what_it_should_hold(corpus, tmp_path):
    with pytest.raises(DataError, match=r"none: no such folder; expected .*Set `corpus`"):
        corpus.find(tmp_path / "none")
    with pytest.raises(DataError, match=rf"{tmp_path}: no .*; expected"):
        corpus.rows(tmp_path)


# RAVDESS


def test_ravdess_names_say_everything(tmp_path):
    touch(tmp_path, "Actor_12/03-01-06-01-02-01-12.wav", "Actor_01/03-01-01-01-01-02-01.wav")
    rows = by_id(ravdess.rows(tmp_path))
    assert rows["03-01-06-01-02-01-12"] == {
        "utterance_id": "03-01-06-01-02-01-12",
        "label": "fearful",
        "speaker": "actor12",
        "gender": "F",
        "split": "train",
        "language": "en",
        "transcript": "Dogs are sitting by the door.",
        "statement": "2",
        "intensity": "normal",
        "repetition": "1",
        "emobox_fold": "2",
        "audio_path": "Actor_12/03-01-06-01-02-01-12.wav",
    }
    assert rows["03-01-01-01-01-02-01"]["label"] == "neutral"
    assert rows["03-01-01-01-01-02-01"]["gender"] == "M"


def test_ravdess_recording_and_videos_of_an_utterance_are_one_row(tmp_path):
    touch(
        tmp_path,
        "Audio_Speech_Actors_01-24/Actor_01/03-01-05-02-01-01-01.wav",
        "Video_Speech_Actor_01/Actor_01/01-01-05-02-01-01-01.mp4",  # the same sound
        "Video_Speech_Actor_01/Actor_01/02-01-05-02-01-01-01.mp4",  # the same picture, no sound
        "Video_Speech_Actor_01/Actor_01/._01-01-05-02-01-01-01.mp4",
        "Audio_Song_Actors_01-24/Actor_01/03-02-05-02-01-01-01.wav",
        "Actor_01/notes.txt",
    )
    (row,) = ravdess.rows(tmp_path)
    assert row["audio_path"] == "Audio_Speech_Actors_01-24/Actor_01/03-01-05-02-01-01-01.wav"
    assert row["video_path"] == "Video_Speech_Actor_01/Actor_01/01-01-05-02-01-01-01.mp4"
    assert row["intensity"] == "strong"


def test_ravdess_folds_of_emobox_test_every_actor_once():
    assert sorted(sum(ravdess.EMOBOX_FOLDS, ())) == list(range(1, 25))


def test_a_part_of_a_corpus_differs_from_the_known_counts(tmp_path):
    touch(tmp_path, "Actor_01/03-01-05-01-01-01-01.wav")
    (text,) = find_corpus("ravdess").count_differences(tmp_path)
    assert "is not the full RAVDESS (speech):" in text
    assert "1,439 utterances are missing: 03-01-01-01-01-01-01, 03-01-01-01-01-01-02, " in text
    assert "label angry: 1 utterances found, 192 expected" in text
    assert "speaker actor02: 0 utterances found, 60 expected" in text
    assert "`expected_counts: null`" in text


def test_the_full_ravdess_has_the_known_counts(tmp_path):
    names = [
        f"Actor_{actor:02d}/03-01-{emotion:02d}-{level:02d}-{statement:02d}-{take:02d}-{actor:02d}.wav"
        for actor in range(1, 25)
        for emotion in range(1, 9)
        for level in ([1] if emotion == 1 else [1, 2])
        for statement in (1, 2)
        for take in (1, 2)
    ]
    assert list(find_corpus("ravdess").count_differences(touch(tmp_path, *names))) == []
    assert len(find_corpus("ravdess").sessions(tmp_path)) == 24


# CREMA-D


@pytest.fixture
def crema(tmp_path):
    names = ["1001_IEO_ANG_HI", "1002_DFA_NEU_XX", "1076_MTI_SAD_XX", "1064_TIE_SAD_XX"]
    lines = [f'{number},"{name}"' for number, name in enumerate(names, 1)]
    write(tmp_path / "SentenceFilenames.csv", '"Stimulus_Number","Filename"', *lines)
    people = ['1001,51,"Male","Caucasian","Not Hispanic"', '1002,21,"Female","Asian",""']
    write(tmp_path / "VideoDemographics.csv", '"ActorID","Age","Sex","Race","Ethnicity"', *people)
    head = '"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel","MultiModalVote",""'
    votes = ['"1","1001_IEO_ANG_HI","N","69","A:D","92:92","A","64"']
    write(tmp_path / "processedResults/summaryTable.csv", head, *votes)
    return touch(tmp_path, *(f"AudioWAV/{name}.wav" for name in names))


def test_cremad_has_four_sets_of_labels(crema):
    row = by_id(cremad.rows(crema))["1001_IEO_ANG_HI"]
    assert [row[name] for name in ("label", "voice", "face", "multimodal")] == [
        "anger", "neutral", "anger:disgust", "anger",
    ]  # fmt: skip
    assert (row["speaker"], row["gender"], row["level"]) == ("1001", "M", "high")
    assert row["transcript"] == "It's eleven o'clock."
    assert row["audio_path"] == "AudioWAV/1001_IEO_ANG_HI.wav"
    assert row["video_path"] == "VideoFlash/1001_IEO_ANG_HI.flv"


def test_cremad_faults_are_of_the_sound_or_of_the_video(crema):
    rows = by_id(cremad.rows(crema))
    faults = {name: (row["audio_fault"], row["video_fault"]) for name, row in rows.items()}
    assert faults["1076_MTI_SAD_XX"] == ("the recording has no sound", "the video is damaged")
    assert faults["1064_TIE_SAD_XX"] == ("", "the video is damaged")
    assert faults["1002_DFA_NEU_XX"] == ("", "")


def test_a_list_of_cremad_with_another_name_is_refused(crema):
    write(crema / "SentenceFilenames.csv", '"Stimulus_Number","Filename"', '1,"1001_XYZ_ANG_HI"')
    with pytest.raises(DataError, match="found '1001_XYZ_ANG_HI', expected a name such as"):
        cremad.rows(crema)
    (crema / "VideoDemographics.csv").unlink()
    with pytest.raises(DataError, match=r"VideoDemographics\.csv: cannot be read"):
        cremad.rows(crema)


# MELD

HEAD = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime"
)


@pytest.fixture
def clips(tmp_path):
    row = '1,It’s me.,Ross,joy,positive,0,0,8,21,"00:16:16,059","00:16:21,731"'
    bad = '2,"Well, no.",Rachel,anger,negative,125,3,8,21,"00:00:01,000","00:00:01,000"'
    for split in ("train", "dev", "test"):
        lines = [HEAD, row, *([bad] if split == "train" else [])]
        write(tmp_path / f"{split}_sent_emo.csv", *lines, end="\r\n")
    return touch(
        tmp_path,
        "train/train_splits/dia0_utt0.mp4",
        "dev_splits_complete/dia0_utt0.mp4",  # unpacked at the top
        "test/output_repeated_splits_test/dia0_utt0.mp4",
        "test/output_repeated_splits_test/final_videos_testdia0_utt0.mp4",
        "test/output_repeated_splits_test/._dia0_utt0.mp4",
    )


def test_meld_ids_begin_with_the_partition(clips):
    rows = by_id(meld.rows(clips))
    assert [*rows] == ["train_dia0_utt0", "train_dia125_utt3", "dev_dia0_utt0", "test_dia0_utt0"]
    row = rows["train_dia0_utt0"]
    assert (row["label"], row["speaker"], row["dialog"]) == ("joy", "Ross", "train_dia0")
    assert row["transcript"] == "It’s me."
    assert (row["season"], row["episode"]) == ("8", "21")
    assert "start" not in row  # times are those of the episode, not of the clip


def test_meld_clips_are_found_where_copies_have_them(clips):
    rows = by_id(meld.rows(clips))
    assert rows["train_dia0_utt0"]["video_path"] == "train/train_splits/dia0_utt0.mp4"
    assert rows["dev_dia0_utt0"]["video_path"] == "dev_splits_complete/dia0_utt0.mp4"
    assert rows["test_dia0_utt0"]["video_path"] == "test/output_repeated_splits_test/dia0_utt0.mp4"


def test_meld_known_faults_are_marked(clips):
    row = by_id(meld.rows(clips))["train_dia125_utt3"]
    assert row["audio_fault"] == row["video_fault"] == "the clip cannot be read"


def test_a_missing_or_other_list_of_meld_is_named(clips):
    write(clips / "dev_sent_emo.csv", "a,b", "1,2")
    with pytest.raises(DataError, match=r"dev_sent_emo\.csv: lacks Utterance, Speaker"):
        meld.rows(clips)
    (clips / "test_sent_emo.csv").unlink()
    write(clips / "dev_sent_emo.csv", HEAD, "1,a,b,joy,x,1,1,1,1,0,0")
    with pytest.raises(DataError, match=r"no test_sent_emo\.csv below this folder"):
        meld.rows(clips)


# EmoDB


def test_emodb_names_say_everything(tmp_path):
    touch(tmp_path, "wav/03a01Fa.wav", "wav/16b10Wb.wav", "wav/03a03Fa.wav", "erkennung.txt")
    rows = by_id(emodb.rows(tmp_path))
    assert [*rows] == ["03a01Fa", "16b10Wb"]  # there is no sentence a03
    assert rows["03a01Fa"]["label"] == "happiness"
    assert rows["16b10Wb"]["label"] == "anger"
    assert [rows["16b10Wb"][name] for name in ("speaker", "gender", "split", "language")] == [
        "16", "F", "test", "de",
    ]  # fmt: skip
    assert rows["03a01Fa"]["transcript"] == "Der Lappen liegt auf dem Eisschrank."
