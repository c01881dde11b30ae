"""A user's own corpus, from a CSV file with one row per utterance."""

import csv

import numpy as np
import pytest
import soundfile

from emofusion.cli.app import main
from emofusion.corpora import find_corpus, rows, table
from emofusion.corpora.table.check import check
from emofusion.corpora.table.template import TEMPLATE
from emofusion.corpora.utterances import configured, from_rows
from emofusion.errors import DataError


def write(folder, text):
    path = folder / "corpus.csv"
    path.write_text(text, encoding="utf-8")
    return path


def utterances(path):
    return from_rows(table.rows(path))


def sound(folder, name, seconds=1.0, pitch=440.0):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(8000 * seconds)) / 8000
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * pitch * times), 8000)


def test_only_ids_and_labels_are_required(tmp_path):
    found = utterances(write(tmp_path, "utterance_id,label\na,happy\nb,\n"))
    assert list(found["utterance_id"]) == ["a", "b"]
    assert list(found["label"]) == ["happy", ""]
    assert list(found["video_side"]) == ["", ""]
    assert list(configured(found, "label", "right")["video_side"]) == ["right", "right"]
    assert found[["speaker", "transcript", "audio_path", "video_path"]].eq("").all(axis=None)
    assert found[["start", "end", "audio_start", "audio_end"]].isna().all(axis=None)


def test_a_span_holds_for_sound_and_picture_and_sound_may_have_its_own(tmp_path):
    text = "utterance_id,label,video_path,start,end,crop\na,x,v.mp4,1.5,2,left\n"
    found = utterances(write(tmp_path, text))
    (row,) = found.to_dict("records")
    assert (row["audio_path"], row["video_side"]) == ("v.mp4", "left")
    assert configured(found, "label", "right").loc[0, "video_side"] == "left"
    assert [row[name] for name in ("start", "end", "audio_start", "audio_end")] == [1.5, 2, 1.5, 2]
    text = text.replace("crop", "audio_start,audio_end")
    for own, expected in ((",", [1.5, 2]), ("0.25,", [0.25, np.nan]), (",0.5", [np.nan, 0.5])):
        (row,) = utterances(write(tmp_path, text.replace("left", own))).to_dict("records")
        assert row["start"] == 1.5
        found = [row["audio_start"], row["audio_end"]]
        np.testing.assert_array_equal(found, expected)


def test_comments_blanks_and_a_byte_order_mark_are_read_over(tmp_path):
    text = "\ufeff# made by hand\nutterance_id, label ,room\n\n ü/1 , happy , 12 \n# b,sad,13\n"
    (row,) = utterances(write(tmp_path, text)).to_dict("records")
    assert (row["utterance_id"], row["label"], row["room"]) == ("ü/1", "happy", "12")


def test_every_bad_row_is_named_with_line_column_found_and_expected(tmp_path):
    path = write(
        tmp_path,
        "utterance_id,label,start,end,crop,split\n"
        "a,happy,0,1,,train\n"
        ",happy,,,,\n"
        "a,sad+angry,,,,\n"
        "c,sad,-1,x,,\n"
        "d,sad,2,2,up,valid\n"
        "e,sad,,,face,\n",
    )
    with pytest.raises(DataError) as error:
        utterances(path)
    assert str(error.value).splitlines()[1:] == [
        "  line 3, utterance_id: found '', expected an id",
        "  line 4, label: found 'sad+angry', expected a name without +, which joins labels in "
        "`labels`",
        "  line 4, utterance_id: found 'a' again (line 2), expected each id once",
        "  line 5, end: found 'x', expected a number",
        "  line 5, start: found '-1', expected seconds from 0",
        "  line 6, end: found '2', expected seconds after start",
        "  line 6, crop: found 'up', expected whole, left, right",
        "  line 6, split: found 'valid', expected train, dev, test or nothing",
        "  line 7, crop: found 'face', expected whole, left or right (finding faces is not "
        "possible yet)",
    ]


def test_long_lists_of_bad_rows_are_cut_in_jobs_and_whole_in_the_command(tmp_path):
    path = write(tmp_path, "utterance_id,label\n" + "".join(f"u{n},a+b\n" for n in range(30)))
    with pytest.raises(DataError, match=r"and 10 more; `emofusion check-corpus .*` lists them all"):
        utterances(path)
    with pytest.raises(DataError, match=r"30 faults(.|\n)*line 31, label"):
        list(check(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is an empty file; expected a CSV file with the columns utterance_id, label"),
        (b"utterance_id;label\na;x\n", "separated by ';'; expected commas"),
        (b"id,label\na,x\n", "has no column utterance_id; found id, label"),
        (b"utterance_id,label,label\na,x,y\n", "the column 'label' is there twice"),
        (b"utterance_id,label\na,x,y\n", "line 2: 3 values, expected 2 as in the header"),
        (b'utterance_id,label\n"a,x\n', "line 2: .*; expected CSV with commas"),
        (b"utterance_id,label\n\xe4,x\n", "byte 19 is not UTF-8"),
        (b"utterance_id,label\n", "holds no utterance"),
        (b"utterance_id,label,video_side\na,x,left\n", "the workflow makes a column of this name"),
    ],
)
def test_files_that_are_not_such_tables_are_named_with_what_they_are(tmp_path, content, message):
    path = tmp_path / "corpus.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        table.rows(path)


def parts(text):
    return rows.parts_of(list(csv.DictReader(text.splitlines())))


def test_parts_are_sessions_else_speakers_else_drawn_by_the_id():
    text = "utterance_id,label,speaker,session\na,x,Ann/Lee,\nb,x,Bo,\n"
    first, second = parts(text)
    assert (first[:8], second) == ("Ann_Lee-", "Bo")
    assert [row["utterance_id"] for row in parts(text)["Bo"]] == ["b"]
    assert list(parts(text.replace("Lee,", "Lee,1").replace("Bo,", "Bo,2"))) == ["1", "2"]
    many = "utterance_id,label\n" + "".join(f"u{n},x\n" for n in range(200))
    assert len(parts(many)) == rows.HASHED_PARTS
    assert sum(map(len, parts(many).values())) == 200


def test_a_new_row_or_file_changes_the_fingerprint_of_one_part(tmp_path):
    text = "utterance_id,label,audio_path\n" + "".join(f"u{n},x,{n}.wav\n" for n in range(200))

    def fingerprints(text, modalities):
        found = parts(text).items()
        return {name: rows.fingerprint_of(part, tmp_path, modalities) for name, part in found}

    def changed(before, after):
        return [name for name in before if before[name] != after[name]]

    words, sounds = fingerprints(text, "t"), fingerprints(text, "a")
    assert len(changed(words, fingerprints(text + "new,x,new.wav\n", "t"))) == 1
    assert len(changed(sounds, fingerprints(text + "new,x,new.wav\n", "a"))) == 1
    sound(tmp_path, "7.wav")
    assert len(changed(sounds, fingerprints(text, "a"))) == 1
    assert changed(words, fingerprints(text, "t")) == []


def test_the_workflow_reads_a_part_at_a_time(tmp_path):
    path = write(tmp_path, "utterance_id,label,speaker\na,x,Ann\nb,y,Bo\n")
    corpus = find_corpus("table")
    assert corpus.sessions(path) == ["Ann", "Bo"]
    assert list(corpus.read(path, "Bo")["utterance_id"]) == ["b"]


def test_paths_are_relative_to_the_table(tmp_path):
    assert table.find(write(tmp_path, "utterance_id,label\na,x\n")) == tmp_path


def test_check_prints_what_was_understood(tmp_path):
    for name in ("a", "b"):
        sound(tmp_path, f"wav/{name}.wav", 1.0)
    sound(tmp_path, "wav/c.wav", 2.0, 220)
    (tmp_path / "wav/d.wav").touch()
    path = write(
        tmp_path,
        "utterance_id,label,speaker,split,room,transcript,audio_path\n"
        "a,happy,Ann,train,1,So good,wav/a.wav\n"
        "b,happy,Bo,test,1,,wav/b.wav\n"
        "c,sad,Ann,train,2,Oh no,wav/c.wav\n"
        "d,no,Ann,dev,2,,wav/d.wav\n"
        "e,sad,Ann,train,2,,wav/e.wav\n"
        "f,,Cy,,2,,wav/f.wav\n",
    )
    text = "\n".join(check(path))
    words = [line.split() for line in text.splitlines()]
    assert ["utterances", "speakers", "train", "dev", "test"] in words
    assert ["happy", "2", "2", "1", "0", "1"] in words
    assert "6 utterances, read in 3 parts" in text
    assert "used only where the configuration names them: room" in text
    assert "labels: [happy, 'no', sad]" in text
    assert "Without a label, and left out of all that follows: 1 utterance" in text
    assert "2 speakers, each with 1 to 4 utterances" in text
    assert "  1 empty: wav/d.wav" in text
    assert "  1 missing: wav/e.wav" in text
    assert "  utterances of 1 to 2 s (median 1," in text
    assert "video: none" in text
    assert "transcripts: 2 of 5, 2 to 2 words" in text
    assert "Equal sound under several ids: 2 utterances in 1 group, such as a = b" in text
    assert "empty_transcript (if text is used) 3, no_audio (if audio is used) 1," in text
    assert "f.wav" not in text  # nobody uses it
    assert "unreadable_file (if audio is used) 1." in text


def test_the_template_is_a_table_that_can_be_read(tmp_path, capsys):
    assert main(["table-template"]) == 0
    printed = capsys.readouterr().out
    assert printed == TEMPLATE
    found = utterances(write(tmp_path, printed))
    assert list(found["utterance_id"]) == ["anna_001", "ben_001", "cleo_001"]
    assert list(found["audio_path"]) == ["wav/anna_001.wav", "video/d1.mp4", "wav/cleo_001.flac"]
    assert main(["check-corpus", str(tmp_path / "corpus.csv")]) == 0
    assert "3 missing" in capsys.readouterr().out
