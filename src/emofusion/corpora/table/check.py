"""What a table of utterances holds, before anything is run."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import av
import numpy as np
import pandas as pd
import yaml

from emofusion.corpora.folders import size_of
from emofusion.corpora.rows import parts_of
from emofusion.corpora.table.reading import faults_of, rows_of
from emofusion.corpora.utterances import from_rows
from emofusion.errors import DataError, kind_of
from emofusion.features.wav import wav_header
from emofusion.schemas import PARTITIONS, UTTERANCES
from emofusion.wording import count

EXAMPLES = 3
MISSING = "missing"
KNOWN = {*UTTERANCES, "split", "language", "crop", "audio_start", "audio_end"}


def check(path: Path) -> Iterator[str]:
    """Summarize the content of a table, one paragraph per topic.

    Media files are not decoded: durations come from their headers.

    Raises:
        DataError: the table cannot be read, or rows have faults; names all of them.
    """
    rows = rows_of(path)
    if faults := list(faults_of(rows)):
        raise DataError("\n  ".join([f"{path}: {len(faults)} faults", *faults]))
    found = [row for _, row in rows]
    table, parts = from_rows(found), parts_of(found)
    jobs = f"read in {count(len(parts), 'part')} by separate jobs"
    yield f"{path}: {count(len(table), 'utterance')}, {jobs}"
    further = [name for name in found[0] if name not in KNOWN]
    if further:
        yield f"Kept, and used only where the configuration names them: {', '.join(further)}"
    labelled = table[table["label"] != ""]
    if lacking := len(table) - len(labelled):
        yield f"Without a label, and left out of all that follows: {count(lacking, 'utterance')}"
    if labelled.empty:
        return
    yield from _classes(labelled)
    yield from _people(labelled)
    media = _Media(path.parent)
    for kind in ("audio", "video"):
        yield media.describe(labelled, kind)
    yield _transcripts(labelled)
    yield from media.duplicates(labelled)
    yield _exclusions(labelled, media)


def _classes(table: pd.DataFrame) -> Iterator[str]:
    names = sorted(table["label"].unique())
    columns = {"utterances": table["label"].value_counts()}
    if (table["speaker"] != "").any():
        columns["speakers"] = table.groupby("label")["speaker"].nunique()
    if "split" in table and (table["split"] != "").any():
        counts = pd.crosstab(table["label"], table["split"])
        columns |= {name: counts.get(name, 0) for name in PARTITIONS}
    counted = pd.DataFrame(columns, index=names).fillna(0).astype(int)
    yield counted.rename_axis("label").to_string()
    yield f"For the configuration: labels: [{', '.join(map(_quoted, names))}]"


def _quoted(name: str) -> str:
    """A name as YAML reads it as text."""
    return name if yaml.safe_load(name) == name and name.isidentifier() else repr(name)


def _people(table: pd.DataFrame) -> Iterator[str]:
    for name in ("speaker", "session", "dialog"):
        counts = table[name].astype("str")[table[name].astype("str") != ""].value_counts()
        if len(counts):
            lacking = len(table) - counts.sum()
            least, most = counts.min(), counts.max()
            some = "" if least == most else f"{least:,} to "
            none = f"; {count(lacking, 'utterance')} without one" if lacking else ""
            yield f"{count(len(counts), name)}, each with {some}{count(most, 'utterance')}{none}"


def _transcripts(table: pd.DataFrame) -> str:
    words = table["transcript"].str.split().str.len()
    if not words.any():
        return "transcripts: none"
    return (
        f"transcripts: {(words > 0).sum():,} of {len(table):,}, "
        f"{_quantiles(words[words > 0], 'words')}"
    )


def _quantiles(values: Iterable[float], unit: str) -> str:
    numbers = np.asarray(list(values), float)
    middle, high, highest = np.quantile(numbers, [0.5, 0.95, 0.99])
    return (
        f"{numbers.min():.3g} to {numbers.max():.3g} {unit} (median {middle:.3g}, 95 % up to "
        f"{high:.3g}, 99 % up to {highest:.3g})"
    )


def _exclusions(table: pd.DataFrame, media: "_Media") -> str:
    missing = {kind: media.absent(table, kind) for kind in ("audio", "video")}
    unreadable = {kind: media.unreadable(table, kind) for kind in ("audio", "video")}
    counts = {
        "empty_transcript (if text is used)": int((table["transcript"] == "").sum()),
        "no_audio (if audio is used)": missing["audio"],
        "no_video_frame (if vision is used)": missing["video"],
        "unreadable_file (if audio is used)": unreadable["audio"],
        "unreadable_file (if vision is used)": unreadable["video"],
    }
    found = ", ".join(f"{kind} {number:,}" for kind, number in counts.items() if number)
    if not found:
        return "Nothing would be left out for lack of text or files, as far as headers show."
    return (
        f"Lacks something: {found}.\nThe section `exclusions` of the configuration says of each "
        "kind whether such utterances are left out (drop) or stop the workflow (fail)."
    )


class _Media:
    """The files of a table, each looked at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    def describe(self, table: pd.DataFrame, kind: str) -> str:
        """How many files of a kind there are, what is wrong with them, and how long they last."""
        paths = list(dict.fromkeys(path for path in table[f"{kind}_path"] if path))
        if not paths:
            return f"{kind}: none"
        faults: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            if state := self.state(path):
                faults[state].append(path)
        lines = [
            f"{kind}: {count(len(paths), 'file')} for "
            f"{count((table[f'{kind}_path'] != '').sum(), 'utterance')}"
        ]
        lines += [
            f"  {len(found):,} {state}: {', '.join(found[:EXAMPLES])}"
            + (", ..." if len(found) > EXAMPLES else "")
            for state, found in faults.items()
        ]
        lengths = [self.length(row, kind) for row in table.to_dict("records")]
        known = [one for one in lengths if one == one]
        if known:
            lines.append(f"  utterances of {_quantiles(known, 's')}")
        return "\n".join(lines)

    def state(self, path: str) -> str:
        """What is wrong with a file; empty: nothing that its header shows."""
        if path not in self.states:
            file = self.folder / path
            self.states[path], self.seconds[path] = _looked_at(file)
        return self.states[path]

    def length(self, row: Mapping, kind: str) -> float:
        """Seconds of an utterance; NaN where they are not known."""
        path = row[f"{kind}_path"]
        if not path or self.state(path):
            return float("nan")
        start, end = ("audio_start", "audio_end") if kind == "audio" else ("start", "end")
        begins = 0.0 if np.isnan(row[start]) else row[start]
        return min(self.seconds[path], np.nan_to_num(row[end], nan=np.inf)) - begins

    def absent(self, table: pd.DataFrame, kind: str) -> int:
        """Utterances without a file."""
        return sum(not path or self.state(path) == MISSING for path in table[f"{kind}_path"])

    def unreadable(self, table: pd.DataFrame, kind: str) -> int:
        """Utterances whose file cannot be used."""
        return sum(self.state(path) not in ("", MISSING) for path in table[f"{kind}_path"] if path)

    def duplicates(self, table: pd.DataFrame) -> Iterator[str]:
        """Utterances with the same sound, under two ids."""
        of_size: dict[int | None, list[str]] = defaultdict(list)
        for path in dict.fromkeys(table["audio_path"]):
            if path and not self.state(path):
                of_size[size_of(self.folder / path)].append(path)
        contents = {
            path: _content(self.folder / path)
            for paths in of_size.values() if len(paths) > 1 for path in paths
        }  # fmt: skip
        spans = table[["audio_path", "audio_start", "audio_end"]].fillna(-1)
        keys = [(contents.get(path, path), *span) for path, *span in spans.to_numpy().tolist()]
        groups: dict[tuple, list[str]] = defaultdict(list)
        for key, utterance in zip(keys, table["utterance_id"], strict=True):
            if key[0]:
                groups[key].append(utterance)
        equal = [ids for ids in groups.values() if len(ids) > 1]
        if equal:
            examples = "; ".join(" = ".join(ids[:EXAMPLES]) for ids in equal[:EXAMPLES])
            yield (
                f"Equal sound under several ids: {sum(map(len, equal)):,} utterances in "
                f"{count(len(equal), 'group')}, such as {examples}. In different partitions they "
                "would leak: keep one of each"
            )


def _looked_at(path: Path) -> tuple[str, float]:
    """What is wrong with a file, and its seconds as its header says."""
    try:
        kind = kind_of(path)
    except OSError:
        return "may not be opened", float("nan")
    if kind == "no such file":
        return MISSING, float("nan")
    if kind == "an empty file":
        return "empty", float("nan")
    if kind != "binary data":
        return f"not media but {kind}", float("nan")
    try:
        if path.suffix.lower() == ".wav":
            samples, rate = wav_header(path)
            return "", samples / rate
        with av.open(str(path)) as container:
            return "", (container.duration or 0) / av.time_base
    except (DataError, av.FFmpegError, OSError):
        return "damaged or not media", float("nan")


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
