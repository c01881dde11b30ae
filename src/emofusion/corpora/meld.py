"""MELD: clips of a TV series with several speakers a dialog (Poria et al., 2019)."""

from pathlib import Path

from emofusion.corpora.media import files_below, read_list, require_folder
from emofusion.corpora.rows import Row
from emofusion.errors import DataError

CORPORA = {
    "meld": {
        "title": "MELD",
        "folder": "MELD.Raw",
        "labels": "neutral joy surprise anger sadness disgust fear",
    }
}

FOLDERS = {
    "train": ("train/train_splits", "train_splits"),
    "dev": ("dev/dev_splits_complete", "dev_splits_complete"),
    "test": ("test/output_repeated_splits_test", "output_repeated_splits_test"),
}
"""{partition: where copies of the release have its clips}; clips in other folders are not used."""
FAULTS = {
    "train_dia125_utt3": "the clip cannot be read",
    "dev_dia110_utt7": "the release has no such clip",
}
"""Clips that are faulty in every copy."""
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "Season", "Episode")
EXPECTED = "train_sent_emo.csv, dev_sent_emo.csv and test_sent_emo.csv, and the folders of clips"


def find(given: Path) -> Path:
    """The folder of the corpus.

    Raises:
        DataError: it is not there.
    """
    return require_folder(given, EXPECTED)


def rows(given: Path) -> list[Row]:
    """One row per utterance; ids begin with the partition, since numbers start anew in each.

    StartTime and EndTime are those of the episode; a clip is a whole file.

    Raises:
        DataError: a list of the corpus is missing or has another form.
    """
    folder = find(given)
    lists = files_below(folder, lambda name: name.endswith("_sent_emo.csv"))
    clips = files_below(folder, lambda name: name.endswith(".mp4"))
    found = []
    for split in FOLDERS:
        name = f"{split}_sent_emo.csv"
        if name not in lists:
            raise DataError(f"{given}: no {name} below this folder; expected {EXPECTED}")
        found += [_row(split, row, clips) for row in _list(folder / lists[name][0])]
    return found


def _row(split: str, row: Row, clips: dict[str, list[str]]) -> Row:
    dialog, turn = f"dia{row['Dialogue_ID']}", f"utt{row['Utterance_ID']}"
    name = f"{dialog}_{turn}.mp4"
    own = [f"{place}/{name}" for place in FOLDERS[split]]
    there = [path for path in clips.get(name, []) if path.endswith(tuple(own))]
    fault = FAULTS.get(f"{split}_{dialog}_{turn}", "")
    return {
        "utterance_id": f"{split}_{dialog}_{turn}",
        "label": row["Emotion"],
        "speaker": row["Speaker"],
        "dialog": f"{split}_{dialog}",
        "split": split,
        "language": "en",
        "transcript": row["Utterance"],
        "sentiment": row.get("Sentiment", ""),
        "season": row["Season"],
        "episode": row["Episode"],
        "video_path": there[0] if there else own[0],
        "audio_fault": fault,
        "video_fault": fault,
    }


def _list(path: Path) -> list[dict[str, str]]:
    found = read_list(path, "a list of MELD")
    if not found or (missing := [name for name in COLUMNS if name not in found[0]]):
        lacking = ", ".join(missing) if found else "every row"
        raise DataError(f"{path}: lacks {lacking}; expected a list of MELD")
    return found


def known_counts() -> dict[str, dict[str, int]]:
    """{column: {value: utterances}} of the full corpus."""
    return {
        "split": {"train": 9989, "dev": 1109, "test": 2610},
        "label": {
            "neutral": 4710 + 470 + 1256,
            "joy": 1743 + 163 + 402,
            "surprise": 1205 + 150 + 281,
            "anger": 1109 + 153 + 345,
            "sadness": 683 + 111 + 208,
            "disgust": 271 + 22 + 68,
            "fear": 268 + 40 + 50,
        },
    }
