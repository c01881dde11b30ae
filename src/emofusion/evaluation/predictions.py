"""Read predictions of any two systems, unify class names, and keep what both have."""

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from emofusion.corpora.iemocap.reading import UTTERANCE
from emofusion.errors import DataError, kind_of
from emofusion.evaluation.comparison import CLUSTERS, read_test_predictions
from emofusion.runs import FOLDER_NAME, PREDICTIONS

REQUIRED_COLUMNS = ["fold", "seed", "utterance_id", "label", "predicted"]
KNOWN_COLUMNS = {*REQUIRED_COLUMNS, "utterance", "partition", *CLUSTERS}
KEY = ["fold", "seed", "utterance_id"]
WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
CLASS = "p_"  # starts the name of the column with the probabilities of a class


@dataclass(frozen=True)
class Predictions:
    """Test predictions of a system.

    Attributes:
        path: the file or folder.
        table: fold, seed, utterance_id, label, predicted, perhaps dialog and speaker; all text.
        classes: classes named by columns p_<class>; for a file also the labels of all partitions.
        ratios: {fold: test utterances divided by training utterances}, where split tables exist.
        notes: sentences on values that were changed when they were read.
    """

    path: Path
    table: pd.DataFrame
    classes: frozenset[str] = frozenset()
    ratios: Mapping[str, float] | None = None
    notes: tuple[str, ...] = ()


def read(path: Path) -> Predictions:
    """Per-utterance predictions of a system, all values as text without blanks around them.

    Args:
        path: CSV in UTF-8 with the columns fold, seed, utterance_id (or utterance), label,
            predicted and perhaps dialog and speaker; if it has a column partition, only its rows
            "test" count. Or a folder with our runs, fold<fold>_seed<seed>/predictions.csv.

    Raises:
        DataError: no such file, no run, no CSV file, a row with more or fewer values than the
            header, a missing column or value, a row that occurs twice, an utterance with two
            labels, dialogs or speakers, a class in two spellings.
    """
    found = _read_folder(path) if path.is_dir() else _read_file(path)
    return replace(found, table=_checked(found.table, path))


def _read_folder(path: Path) -> Predictions:
    matches = (
        (FOLDER_NAME.fullmatch(file.parent.name), file) for file in path.glob(f"*/{PREDICTIONS}")
    )
    runs = [({"fold": m[1], "seed": m[2]}, file) for m, file in matches if m]
    if not runs:
        raise DataError(
            f"{path}: no runs here; expected fold<fold>_seed<seed>/predictions.csv, "
            "as in results/runs/self/tva"
        )
    table = read_test_predictions(runs)
    columns = chain.from_iterable(pd.read_csv(file, nrows=0) for _, file in runs)
    return Predictions(path, table, _classes(columns), _split_ratios(path, runs))


def _read_file(path: Path) -> Predictions:
    table = _read_csv(path)
    if "utterance_id" not in table:
        table = table.rename(columns={"utterance": "utterance_id"})
    if missing := [column for column in REQUIRED_COLUMNS if column not in table]:
        raise DataError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(table)}. Expected "
            f"columns: {', '.join(REQUIRED_COLUMNS)} (docs/judge.md)"
        )
    classes = _classes(table) | set(table["label"]) - {""}
    if "partition" in table:
        table = _of_test(table, path)
    if table.empty:
        raise DataError(f"{path}: no predictions; expected one row per fold, seed and utterance")
    notes = []
    for column in KEY:
        if table[column].str.fullmatch(r"-?\d+\.0+").all():
            notes.append(
                f"{path}: {column} has values like {table[column].iloc[0]}, read as whole numbers."
            )
            table = table.assign(**{column: table[column].str.partition(".")[0]})
    return Predictions(path, table, classes, notes=tuple(notes))


def _classes(columns: Iterable[str]) -> frozenset[str]:
    return frozenset(name.removeprefix(CLASS) for name in columns if name.startswith(CLASS))


def _read_csv(path: Path) -> pd.DataFrame:
    """A CSV file as text, blanks around values removed; columns without a name are left out."""
    expected = f"expected a CSV file in UTF-8 with the columns {', '.join(REQUIRED_COLUMNS)}"
    try:
        kind = kind_of(path)
        content = path.read_bytes() if kind == "text" else b""
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); {expected}") from None
    if kind != "text":
        problem = kind if kind == "no such file" else f"is {kind}"
        raise DataError(f"{path}: {problem}; {expected}, or a folder of runs")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {line}: is not UTF-8 ({error.reason}); {expected}") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}; {expected}") from None
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise DataError(f"{path}: is empty; {expected}")
    (_, header), *rows = rows
    separators = [sign for sign in (";", "\t", "|") if len(header) == 1 and sign in header[0]]
    if separators:
        raise DataError(f"{path}: values are separated by {separators[0]!r}; {expected}")
    twice = sorted({name for name in header if name in KNOWN_COLUMNS and header.count(name) > 1})
    if twice:
        raise DataError(f"{path}: more than one column {', '.join(twice)}; expected one")
    for line, row in rows:
        while len(row) > len(header) and not row[-1]:  # a comma at the end of the line
            row.pop()
        if len(row) != len(header):
            raise DataError(
                f"{path}, line {line}: {len(row)} values, but the header names {len(header)} "
                "columns; a value that contains a comma needs quotes"
            )
    table = pd.DataFrame([row for _, row in rows], columns=header, dtype=str)
    return table.loc[:, [bool(name) for name in header]]


def _of_test(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    counts = Counter(table["partition"])
    named = [name for name in counts if name.casefold() == "test"]
    if named != ["test"] and counts:
        found = ", ".join(f"{name or 'nothing'} ({count})" for name, count in counts.items())
        raise DataError(
            f"{path}: the column partition has {found}; expected `test`, in this spelling, for "
            "the rows to judge"
        )
    return table[table["partition"] == "test"]


def _checked(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    for column in REQUIRED_COLUMNS:
        if (empty := table[column].fillna("") == "").any():
            row = table[empty].iloc[0]
            raise DataError(
                f"{path}: {column} is empty in {empty.sum()} rows, first for fold {row['fold']}, "
                f"seed {row['seed']}, utterance {row['utterance_id']}; fill or remove these rows"
            )
    twice = table[table.duplicated(KEY)]
    if len(twice):
        fold, seed, utterance = twice.iloc[0][KEY]
        raise DataError(
            f"{path}: {len(twice)} duplicate rows, first for fold {fold}, seed {seed}, utterance "
            f"{utterance}; expected one prediction per fold, seed and utterance"
        )
    for column in ("label", "predicted"):
        spellings: dict[str, str] = {}
        for value in sorted(set(table[column])):
            if (other := spellings.setdefault(_class_of(value), value)) != value:
                raise DataError(
                    f"{path}: {column} has {other} and {value}: one class or two? Spell each class "
                    "in one way"
                )
    for column in ("label", *CLUSTERS):
        if column in table:
            _require_one(column, table, str(path))
    return table.sort_values(KEY).reset_index(drop=True)


def _require_one(column: str, table: pd.DataFrame, path: str) -> None:
    """Refuse an utterance with several labels, dialogs or speakers."""
    facts = table.drop_duplicates(["utterance_id", column])
    if (several := facts["utterance_id"].duplicated(keep=False)).any():
        (utterance, first), (_, second), *_ = (
            facts.loc[several, ["utterance_id", column]].sort_values("utterance_id").to_numpy()
        )
        raise DataError(
            f"{path}: utterance {utterance} has the {column}s {first} and {second}; expected "
            f"the same {column} in all rows"
        )


def _class_of(spelling: str) -> str:
    """A key that is the same for all spellings of a class: Sad and sad, 2 and 2.0."""
    plain = unicodedata.normalize("NFKC", spelling).strip().casefold()
    return str(int(plain.partition(".")[0])) if WHOLE.fullmatch(plain) else plain


def _split_ratios(
    folder: Path, runs: Sequence[tuple[Mapping[str, str], Path]]
) -> dict[str, float] | None:
    """{fold: n_test / n_train} from the split tables that our runs were trained on.

    The folder is <results>/runs/<model>/<modalities>. None where a table is missing or is
    not the one that the runs were made with.
    """
    ratios = {}
    for key, predictions in runs:
        try:
            split = folder.resolve().parents[2] / f"splits/fold{key['fold']}.csv"
            record = json.loads(predictions.with_name("config.yaml").read_text("utf-8"))
            content = split.read_bytes()
            if hashlib.sha256(content).hexdigest() != record["split"]:
                return None
            sizes = pd.read_csv(io.BytesIO(content))["partition"].value_counts()
            ratios[key["fold"]] = float(sizes["test"] / sizes["train"])
        except (OSError, ValueError, KeyError, IndexError):
            return None
    return ratios


def ratios_of(
    given: Sequence[Predictions], folds: Sequence[str]
) -> tuple[dict[str, float], str, list[str]]:
    """{fold: n_test / n_train}, where the ratios come from (as text), and warnings."""
    known = [system.ratios for system in given if system.ratios is not None]
    if known:
        warnings = []
        if any(ratios[fold] != known[0][fold] for ratios in known for fold in folds):
            warnings = [
                "A and B have partitions of different sizes; the larger test/train is used."
            ]
        largest = {fold: max(ratios[fold] for ratios in known) for fold in folds}
        return largest, "from the runs' splits", warnings
    if len(folds) == 1:
        return dict.fromkeys(folds, np.nan), "one fold: not needed", []
    ratio = 1 / (len(folds) - 1)
    warnings = []
    if any(system.path.is_dir() for system in given):
        warnings = [
            "Split tables of the runs are missing or have changed since training: test/train is "
            f"assumed from {len(folds)} folds in all. Set it with --ratio."
        ]
    return dict.fromkeys(folds, ratio), "1 / (folds - 1), assumed; --ratio sets it", warnings


def clusters_of(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, pd.Series]:
    """{"dialog": the dialog of each utterance, "speaker": ...}, from columns or IEMOCAP's ids."""
    found = {}
    for name in CLUSTERS:
        for table in (a, b):
            if name not in table and table["utterance_id"].str.fullmatch(UTTERANCE).all():
                parts = table["utterance_id"].str.extract(UTTERANCE)
                parts["speaker"] = table["utterance_id"].str[:5] + parts["speaker"]
                table = table.assign(**{name: parts[name]})
            if name in table and (table[name] != "").all() and name not in found:
                found[name] = table.drop_duplicates("utterance_id").set_index("utterance_id")[name]
    return found


def in_common(a: Predictions, b: Predictions) -> tuple[list[pd.DataFrame], list[str]]:
    """The folds that both have, with the utterances that every run of a fold has; and warnings.

    Raises:
        DataError: labels, dialogs or speakers that differ, predictions that are spelled differently
            from the labels, or nothing in common.
    """
    paths = f"{a.path}, {b.path}"
    tables, warnings = _spelled_alike(a, b)
    folds = [set(table["fold"]) for table in tables]
    common = folds[0] & folds[1]
    if not common:
        raise DataError(
            f"{paths}: no fold in common, found {listed(folds[0])} and "
            f"{listed(folds[1])}; compare systems that were run on the same folds"
        )
    if folds[0] != folds[1]:
        only = "; ".join(
            f"only {name} has {listed(own - common)}"
            for name, own in zip("AB", folds, strict=True)
            if own - common
        )
        warnings.append(f"Only the folds that both have are compared: {only}.")
    tables = [table[table["fold"].isin(common)] for table in tables]
    _check_labels(tables[0], tables[1], paths)
    for column in CLUSTERS:
        if column in tables[0] and column in tables[1]:
            _require_one(column, pd.concat(tables), paths)
    keys = [pd.MultiIndex.from_frame(table[["fold", "utterance_id"]]) for table in tables]
    complete = [_in_every_run(table) for table in tables]
    shared = complete[0].intersection(complete[1])
    every = keys[0].union(keys[1]).unique()
    if len(shared) < len(every):
        warnings.append(
            f"{len(every) - len(shared)} of {len(every)} test utterances are left out, since some "
            "run of their fold, of A or of B, lacks them."
        )
    tables = [table[key.isin(shared)] for table, key in zip(tables, keys, strict=True)]
    if lost := common - set(tables[0]["fold"]):
        raise DataError(
            f"{paths}: in fold {listed(lost)} no utterance is in every run of "
            "both; compare systems that were tested on the same utterances"
        )
    known = {*tables[0]["label"], *a.table["label"], *b.table["label"], *a.classes, *b.classes}
    for system, table in zip((a, b), tables, strict=True):
        _check_predicted(system.path, table, known)
    return tables, [*warnings, *chain.from_iterable(map(_oddities, "AB", tables)),
                    *_seed_warnings(*tables)]  # fmt: skip


def _spelled_alike(a: Predictions, b: Predictions) -> tuple[list[pd.DataFrame], list[str]]:
    """Both tables with classes spelled as A's labels are, else as B's; and notes of changes."""
    known: dict[str, str] = {}
    for names in (a.table["label"], b.table["label"], sorted(a.classes | b.classes)):
        for name in names:
            known.setdefault(_class_of(name), name)
    tables, notes = [], [*a.notes, *b.notes]
    for letter, table in zip("AB", (a.table, b.table), strict=True):
        for column in ("label", "predicted"):
            spelled = {name: known.get(_class_of(name), name) for name in set(table[column])}
            if changed := sorted(f"{old} as {new}" for old, new in spelled.items() if old != new):
                notes.append(f"The column {column} of {letter} is read: {', '.join(changed)}.")
            table = table.assign(**{column: table[column].map(spelled)})
        tables.append(table)
    return tables, notes


def _check_predicted(path: Path, table: pd.DataFrame, known: Collection[str]) -> None:
    """Refuse predictions that look like labels in another spelling.

    A class that a test set happens to lack may be predicted. If a label is never predicted and
    something else is, the two are more probably one class.
    """
    predicted = set(table["predicted"])
    unknown, never = predicted - set(known), set(table["label"]) - predicted
    if unknown and never:
        raise DataError(
            f"{path}: predicts {listed(unknown)}, which is not a label, and never {listed(never)}; "
            f"labels are {listed(table['label'])}. Spell predictions as the labels are, or name "
            "every class by a column p_<class>"
        )


def _check_labels(a: pd.DataFrame, b: pd.DataFrame, paths: str) -> None:
    labels = [table.drop_duplicates("utterance_id").set_index("utterance_id") for table in (a, b)]
    both = labels[0].join(labels[1]["label"].rename("label_b"), how="inner")
    different = both[both["label"] != both["label_b"]]
    if len(different):
        first = different.iloc[0]
        raise DataError(
            f"{paths}: {len(different)} utterances have different labels, first "
            f"{different.index[0]} with {first['label']} and {first['label_b']} (A has "
            f"{listed(a['label'])}; B has {listed(b['label'])}); expected the same"
        )


def _in_every_run(table: pd.DataFrame) -> pd.MultiIndex:
    """(fold, utterance) of the utterances that every run of their fold has."""
    counts = table.groupby(["fold", "utterance_id"]).size()
    seeds = table.groupby("fold")["seed"].nunique()
    return counts.index[counts == counts.index.get_level_values("fold").map(seeds)]


def _oddities(name: str, table: pd.DataFrame) -> Iterator[str]:
    unknown = set(table["predicted"]) - set(table["label"])
    if unknown:
        yield (
            f"{name} predicts classes that no test utterance has: {listed(unknown)}. "
            "These predictions count as wrong."
        )


def _seed_warnings(a: pd.DataFrame, b: pd.DataFrame) -> Iterator[str]:
    counts = [table.groupby("fold")["seed"].nunique() for table in (a, b)]
    if len(counts[0]) == 1:
        yield "One fold: verdicts rest on dialogs, speakers or utterances of its test partition."
    seeds = pd.concat(counts).to_numpy()
    if seeds.min() < seeds.max():
        few = ", ".join(
            f"{name} has {count} in fold {fold}"
            for name, seeds_by_fold in zip("AB", counts, strict=True)
            for fold, count in seeds_by_fold[seeds_by_fold < seeds.max()].items()
        )
        yield f"Some folds have fewer seeds than others ({seeds.max()}): {few}."


def listed(values: Collection[str]) -> str:
    """Each value once, numbers in ascending order."""
    return ", ".join(sorted(set(values), key=lambda text: (len(text), text)))
