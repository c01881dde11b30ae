"""Registry of corpora: each file describes its corpora in `CORPORA` and defines their readers.

The functions take the path that `corpus` in config.yaml names. The workflow calls `find`,
`sessions` and `fingerprint` at every start, so they must not read media, and the file must not
import heavy packages:

    find(given) -> the folder that paths are relative to; DataError where there is none
    sessions(given) -> the parts that separate jobs read, such as [1, 2, 3, 4, 5]
    fingerprint(given, session, modalities) -> hash of a part; `modalities` says of what: t of the
        files that the utterance table is read from, v of the videos, a of the recordings
    read(given, session) -> the utterance table of a part: `emofusion.corpora.utterances`

In place of the last three, a corpus may have

    rows(given) -> one {column: text} per utterance: `emofusion.corpora.rows`

A corpus whose single raters are known names in `rated` the columns with labels that come from
them, and defines

    rating_files(given) -> the files that the ratings are read from, as far as they are there
    ratings(given, column) -> one {column: value} per utterance and rater: `schemas.RATINGS`

`prepared` has rules of its own (`rules/prepared.smk`) and defines only `find`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emofusion.corpora.rows import Row, fingerprint_of, parts_of
from emofusion.errors import DataError
from emofusion.registry import Definition, find, load

if TYPE_CHECKING:
    import pandas as pd


SHOWN = 8  # ids in a message


@dataclass(frozen=True)
class Corpus:
    """Facts about a corpus.

    Attributes:
        definition: its file and its name.
        title: as it is printed.
        folder: usual name of the folder or file that `corpus` in config.yaml names, for messages;
            empty: it needs none.
        labels: the label codes of its annotators; empty: any label is accepted.
        rated: the columns of labels whose single raters are known.
        n_sessions, n_speakers: how many there are; 0: not known before it is read.
        printed: whether its results are compared with the numbers that the paper prints.
        transcribed: whether it has transcripts of every dialog.
    """

    definition: Definition
    title: str
    folder: str
    labels: tuple[str, ...]
    rated: tuple[str, ...]
    n_sessions: int
    n_speakers: int
    printed: bool
    transcribed: bool

    def find(self, given: Path) -> Path:
        """The folder that the corpus's paths are relative to.

        Raises:
            DataError: it is not there.
        """
        return Path(self._call("find", given))

    def sessions(self, given: Path) -> list[str]:
        """The parts that are read and extracted by separate jobs."""
        if self._has_rows():
            return list(self._parts(given))
        return [str(session) for session in self._call("sessions", given)]

    def fingerprint(self, given: Path, session: str, modalities: str) -> str:
        """Hash of a part: of its text (t), videos (v) and recordings (a), as `modalities` says.

        Of a corpus with rows, the text is only in the hash of t alone.
        """
        if self._has_rows():
            folder, parts = _read(self.definition.path, given)
            return fingerprint_of(parts[session], folder, modalities)
        return str(self._call("fingerprint", given, session, modalities))

    def read(self, given: Path, session: str) -> "pd.DataFrame":
        """The utterance table of a part."""
        if not self._has_rows():
            return self._call("read", given, session)
        # Here, since every start of the workflow imports this file; pandas takes half a second.
        from emofusion.corpora.utterances import from_rows

        return from_rows(self._parts(given)[session])

    def rating_files(self, given: Path) -> list[Path]:
        """The files that the ratings of single raters are read from, as far as they are there."""
        return [Path(path) for path in self._call("rating_files", given)]

    def ratings(self, given: Path, column: str) -> list[dict[str, Any]]:
        """What each single rater said of each utterance, columns as in `schemas.RATINGS`.

        Args:
            given: the path that `corpus` in config.yaml names.
            column: the column of labels, one of `rated`.
        """
        return list(self._call("ratings", given, column))

    def columns(self, given: Path) -> dict[str, list[str]] | None:
        """{column: value of each utterance}, or None where only reading the corpus can tell."""
        if not self._has_rows():
            return None
        rows = [row for part in self._parts(given).values() for row in part]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name, "") for row in rows] for name in names}

    def count_differences(self, given: Path) -> Iterator[str]:
        """Yield a message if the counts differ from the known counts of the full corpus.

        A corpus with rows may have a function known_counts() -> {column: {value: utterances}}, and
        one that names all utterances, known_ids() -> their ids.
        """
        reader = load(self.definition.path)
        if not hasattr(reader, "known_counts") or not self._has_rows():
            return
        rows = [row for part in self._parts(given).values() for row in part]
        lines = []
        if hasattr(reader, "known_ids"):
            missing = sorted({*reader.known_ids()} - {row["utterance_id"] for row in rows})
            more = ", ..." if len(missing) > SHOWN else ""
            if missing:
                names = ", ".join(missing[:SHOWN]) + more
                lines.append(f"{len(missing):,} utterances are missing: {names}")
        for column, known in reader.known_counts().items():
            found = Counter(row.get(column, "") for row in rows)
            lines += [
                f"{column} {value}: {found[value]:,} utterances found, {number:,} expected"
                for value, number in known.items()
                if found[value] != number
            ]
        if lines:
            yield "\n    ".join(
                [
                    f"corpus: {given} is not the full {self.title}:",
                    *lines,
                    "unpack it again; for a part of it, or another version, set "
                    "`expected_counts: null`",
                ]
            )

    def _has_rows(self) -> bool:
        return hasattr(load(self.definition.path), "rows")

    def _parts(self, given: Path) -> dict[str, list[Row]]:
        return _read(self.definition.path, given)[1]

    def _call(self, name: str, *arguments: object) -> Any:
        function = getattr(load(self.definition.path), name, None)
        if function is None:
            raise DataError(
                f"{self.definition.path}: has no function {name}, which the corpus "
                f"{self.definition.name} needs; docs/extend.md"
            )
        return function(*arguments)


def find_corpus(name: str, files: Iterable[str | Path] = ()) -> Corpus:
    """Facts about a corpus.

    Args:
        name: a value of `source`.
        files: files outside the package.

    Raises:
        DataError: no file defines it.
    """
    known = find("CORPORA", files)
    if name not in known:
        raise DataError(f"{name!r} is not a corpus; known are {', '.join(known)}")
    facts = known[name].facts
    return Corpus(
        definition=known[name],
        title=facts["title"] or name,
        folder=facts["folder"],
        labels=tuple(facts["labels"].split()),
        rated=tuple(facts["rated"].split()),
        n_sessions=facts["sessions"],
        n_speakers=facts["speakers"],
        printed=facts["printed"],
        transcribed=facts["transcribed"],
    )


def corpus_title(name: str) -> str:
    """Title of a corpus for display; a corpus from outside the package keeps its name."""
    known = find("CORPORA")
    return (known[name].facts["title"] or name) if name in known else name


@cache  # the workflow asks for each part and modality
def _read(path: Path, given: Path) -> tuple[Path, dict[str, list[Row]]]:
    """Folder, and {part: its rows}, of a corpus that a file reads as rows."""
    corpus = load(path)
    return corpus.find(given), parts_of(corpus.rows(given))
