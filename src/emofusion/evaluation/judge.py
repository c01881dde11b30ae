"""The evidence on any two systems, from their predictions, as a page to read."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emofusion.corpora.iemocap import UTTERANCE
from emofusion.errors import DataError
from emofusion.evaluation.comparison import (
    CLUSTERS,
    Options,
    Pair,
    compare,
    describe,
    read_predictions,
)
from emofusion.evaluation.metrics import PRINTED, TRAP_NOTE, decimals, probability
from emofusion.evaluation.verdicts import kind, words

COLUMNS = ["fold", "seed", "utterance_id", "label", "predicted"]
RUN = re.compile(r"fold(\w+)_seed(\w+)")
NAMES = {"balanced_accuracy": "Balanced accuracy", "accuracy": "Accuracy"}
TESTS = {
    "published": ("as published", "all runs as if independent"),
    "paired_folds": ("paired over folds", "folds as samples"),
    "paired_speakers": ("paired over speakers", "speakers as samples"),
    "corrected_resampled": ("Nadeau-Bengio", "allows for shared training data"),
    "bootstrap_dialogs": ("bootstrap, dialogs", "these trained models, other dialogs"),
    "bootstrap_speakers": ("bootstrap, speakers", "these trained models, other speakers"),
    "equivalence": ("equivalence", "P small: inside the margins"),
    "equivalence_corrected": ("equivalence, Nadeau-Bengio", "allows for shared training data"),
}
WIDTH = 100


def judge(a: Path, b: Path, settings: Mapping[str, Any], ratio: float | None = None) -> str:
    """Everything that two systems' predictions say about their difference, A minus B.

    Args:
        a, b: each a table of predictions (see `read`) or a folder of our runs.
        settings: fields of `Options`.
        ratio: test by training utterances of a fold; None: 1 / (folds - 1), as in cross-validation.

    Raises:
        DataError: files that cannot be used or have nothing in common.
    """
    options = Options(**settings)
    tables, warnings = _in_common(read(a), read(b), (a, b))
    systems = {(name, ""): describe(table) for name, table in zip("AB", tables, strict=True)}
    folds = list(tables[0]["fold"].unique())
    stated = "given"
    if ratio is None:
        stated = "1 / (folds - 1), assumed; --ratio sets it"
        ratio = 1 / (len(folds) - 1) if len(folds) > 1 else np.nan
    clusters = clusters_of(*tables)
    new_speakers = _tested_once(tables[0], clusters)
    comparisons, verdicts = compare(
        [Pair("other", "", "A", "B")],
        systems,
        clusters,
        dict.fromkeys(folds, ratio),
        options,
        new_speakers=new_speakers,
    )
    described = list(systems.values())
    lines = [
        f"A  {a}",
        f"B  {b}",
        "Differences are A minus B.",
        *_compared(tables, described, f"{ratio:.3f} ({stated})", options),
        *textwrap.wrap(
            _scope(verdicts.iloc[0]), WIDTH, initial_indent="  ", subsequent_indent="  "
        ),
        *_warnings(warnings, clusters),
    ]
    for row in verdicts.itertuples(index=False):
        tests = comparisons[comparisons["metric"] == row.metric].set_index("test")
        lines += _metric(row, tests, described, options)
    lines += [
        *_recalls(described),
        "",
        *textwrap.wrap(TRAP_NOTE, WIDTH),
        "More: docs/statistics.md",
    ]
    return "\n".join(lines)


def read(path: Path) -> pd.DataFrame:
    """Per-utterance predictions of a system, all values as text.

    Args:
        path: CSV with the columns fold, seed, utterance_id (or utterance), label, predicted and
            perhaps dialog and speaker; of one with a column partition the rows "test" count. Or a
            folder with our runs, fold<fold>_seed<seed>/predictions.csv.

    Raises:
        DataError: no such file, no run, a column or value that is missing, a row that is twice
            there, an utterance with two labels.
    """
    if path.is_dir():
        return _checked(_read_folder(path), path)
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
    except (OSError, ValueError) as error:
        reason = str(error).strip()
        raise DataError(
            f"{path}: cannot be read as a CSV file ({reason}); expected the columns "
            f"{', '.join(COLUMNS)}, or a folder of runs"
        ) from None
    if "utterance_id" not in table:
        table = table.rename(columns={"utterance": "utterance_id"})
    if "partition" in table:
        table = table[table["partition"] == "test"]
    return _checked(table, path)


def _read_folder(path: Path) -> pd.DataFrame:
    matches = ((RUN.fullmatch(file.parent.name), file) for file in path.glob("*/predictions.csv"))
    runs = [({"fold": m[1], "seed": m[2]}, file) for m, file in matches if m]
    if not runs:
        raise DataError(
            f"{path}: no runs here; expected fold<fold>_seed<seed>/predictions.csv, "
            "as in results/runs/self/tva"
        )
    return read_predictions(runs)


def _checked(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise DataError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(table)}, "
            f"expected {', '.join(COLUMNS)}"
        )
    if table.empty:
        raise DataError(f"{path}: no predictions; expected one row a fold, seed and utterance")
    for column in COLUMNS:
        if (empty := table[column].fillna("") == "").any():
            row = table[empty].iloc[0]
            raise DataError(
                f"{path}: {column} is empty in {empty.sum()} rows, first for fold {row['fold']}, "
                f"seed {row['seed']}, utterance {row['utterance_id']}"
            )
    key = ["fold", "seed", "utterance_id"]
    twice = table[table.duplicated(key)]
    if len(twice):
        fold, seed, utterance = twice.iloc[0][key]
        raise DataError(
            f"{path}: {len(twice)} rows too many, first fold {fold}, seed {seed}, utterance "
            f"{utterance}; expected one prediction for each"
        )
    labels = table.drop_duplicates(["utterance_id", "label"])
    if (several := labels["utterance_id"].duplicated(keep=False)).any():
        first, second, *_ = labels[several].sort_values("utterance_id").itertuples(index=False)
        raise DataError(
            f"{path}: utterance {first.utterance_id} has the labels {first.label} and "
            f"{second.label}; expected one"
        )
    return table.sort_values(key).reset_index(drop=True)


def clusters_of(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, pd.Series]:
    """{"dialog": that of each utterance, "speaker": ...}, from columns or IEMOCAP's ids."""
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


def _in_common(
    a: pd.DataFrame, b: pd.DataFrame, paths: tuple[Path, Path]
) -> tuple[tuple[pd.DataFrame, pd.DataFrame], list[str]]:
    """The folds that both have, with the utterances that every run of a fold has; and warnings."""
    tables, warnings = [a, b], []
    folds = [set(table["fold"]) for table in tables]
    common = folds[0] & folds[1]
    if not common:
        raise DataError(
            f"{paths[0]}, {paths[1]}: no fold in common, found {_listed(folds[0])} and "
            f"{_listed(folds[1])}; compare systems that were run on the same folds"
        )
    if folds[0] != folds[1]:
        only = "; ".join(
            f"{name} alone has {_listed(own - common)}"
            for name, own in zip("AB", folds, strict=True)
            if own - common
        )
        warnings.append(f"Only the folds that both have are compared: {only}.")
    tables = [table[table["fold"].isin(common)] for table in tables]
    _check_labels(*tables, paths)
    keys = [pd.MultiIndex.from_frame(table[["fold", "utterance_id"]]) for table in tables]
    complete = [_in_every_run(table) for table in tables]
    shared = complete[0].intersection(complete[1])
    every = keys[0].union(keys[1]).unique()
    if len(shared) < len(every):
        warnings.append(
            f"{len(every) - len(shared)} of {len(every)} test utterances are left out, since not "
            "every run of their fold, of A and of B, has them."
        )
    tables = [table[key.isin(shared)] for table, key in zip(tables, keys, strict=True)]
    if lost := common - set(tables[0]["fold"]):
        raise DataError(
            f"{paths[0]}, {paths[1]}: in fold {_listed(lost)} no utterance is in every run of "
            "both; compare systems that were tested on the same utterances"
        )
    return tuple(tables), [*warnings, *chain.from_iterable(map(_oddities, "AB", tables)),
                           *_seed_warnings(*tables)]  # fmt: skip


def _check_labels(a: pd.DataFrame, b: pd.DataFrame, paths: tuple[Path, Path]) -> None:
    labels = [table.drop_duplicates("utterance_id").set_index("utterance_id") for table in (a, b)]
    both = labels[0].join(labels[1]["label"].rename("label_b"), how="inner")
    different = both[both["label"] != both["label_b"]]
    if len(different):
        first = different.iloc[0]
        raise DataError(
            f"{paths[0]}, {paths[1]}: {len(different)} utterances have different labels, first "
            f"{different.index[0]} with {first['label']} and {first['label_b']}; expected the same"
        )


def _in_every_run(table: pd.DataFrame) -> pd.MultiIndex:
    """(fold, utterance) of those that each run of their fold has."""
    counts = table.groupby(["fold", "utterance_id"]).size()
    seeds = table.groupby("fold")["seed"].nunique()
    return counts.index[counts == counts.index.get_level_values("fold").map(seeds)]


def _oddities(name: str, table: pd.DataFrame) -> Iterator[str]:
    unknown = set(table["predicted"]) - set(table["label"])
    if unknown:
        yield f"{name} predicts what is no test label: {_listed(unknown)}. Always counted wrong."


def _seed_warnings(a: pd.DataFrame, b: pd.DataFrame) -> Iterator[str]:
    counts = [table.groupby("fold")["seed"].nunique() for table in (a, b)]
    if len(counts[0]) == 1:
        yield "One fold: no test over folds is possible, and nothing can be decided."
    seeds = pd.concat(counts).to_numpy()
    if seeds.min() < seeds.max():
        few = ", ".join(
            f"{name} has {count} in fold {fold}"
            for name, of in zip("AB", counts, strict=True)
            for fold, count in of[of < seeds.max()].items()
        )
        yield f"Not as many seeds everywhere (elsewhere {seeds.max()}): {few}."


def _tested_once(table: pd.DataFrame, clusters: Mapping[str, pd.Series]) -> bool:
    """Whether each speaker is tested in one fold only, as where folds leave speakers out."""
    if "speaker" not in clusters or table["fold"].nunique() < 2:
        return False
    speakers = table["utterance_id"].map(clusters["speaker"])
    return bool(table.groupby(speakers)["fold"].nunique().max() == 1)


def _compared(tables, systems, ratio: str, options: Options) -> Iterator[str]:
    utterances = systems[0].utterances
    labels = utterances["label"].value_counts()
    runs = " and ".join(
        f"{len(system.runs)} of {name} ({_span(system.runs.groupby('fold').size())} seeds a fold)"
        for name, system in zip("AB", systems, strict=True)
    )
    unique = utterances.index.get_level_values("utterance_id").nunique()
    yield from ("", "WHAT WAS COMPARED")
    yield f"  folds       {_listed(tables[0]['fold'])}"
    yield f"  runs        {runs}"
    yield f"  utterances  {len(utterances)} tests of {unique} utterances"
    yield f"  labels      {', '.join(f'{label} {count}' for label, count in labels.items())}"
    yield f"  test/train  {ratio}"
    yield f"  level       alpha {options.alpha:g}; P corrected by Holm over the two metrics"


def _warnings(warnings: list[str], clusters: Mapping) -> Iterator[str]:
    unknown = [f"{name}s" for name in CLUSTERS if name not in clusters]
    if unknown:
        warnings = [
            *warnings,
            f"No bootstrap over {' and '.join(unknown)}: a column {', '.join(CLUSTERS)} would tell "
            "them, or IEMOCAP's utterance ids.",
        ]
    if warnings:
        yield from ("", "WARNINGS")
    for text in warnings:
        yield textwrap.fill(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _metric(verdict, tests: pd.DataFrame, systems, options: Options) -> Iterator[str]:
    metric, covered = verdict.metric, f"{1 - options.alpha:.0%}"
    means = [system.runs[metric].groupby("fold").mean().mean() for system in systems]
    yield from ("", f"{NAMES[metric].upper()} (the paper's {PRINTED[metric]})")
    yield f"  A {decimals(means[0])}, B {decimals(means[1])}; {_floor(metric, systems[0])}"
    row = verdict._asdict()
    subject = {"undecided": "", "equivalent": "A and B are "}.get(kind(row), "A is ")
    yield f"  VERDICT: {subject}{words(row)}"
    yield ""
    head = f"difference [{covered} interval]"
    yield f"  {'test':<26}  {head:<25}  {'P':<5}  what it says"
    for name, (title, meaning) in TESTS.items():
        if name in tests.index:
            row = tests.loc[name]
            interval = (
                f"{_signed(row['difference'])} [{_signed(row['low'])}, {_signed(row['high'])}]"
            )
            if name == verdict.primary:
                meaning = f"primary: {meaning}"
            if name == "equivalence":
                meaning = f"inside ±{decimals(row['margin'])}; interval {1 - 2 * options.alpha:.0%}"
            yield f"  {title:<26}  {interval:<25}  {_p(row['p']):<5}  {meaning}"
    primary, bayes = tests.loc[verdict.primary], tests.loc["bayes"]
    margin = decimals(bayes["margin"])
    yield ""
    yield f"  P of the primary test after Holm     {_p(verdict.p_holm)}"
    yield f"  P of Nadeau-Bengio after Holm        {_p(verdict.p_corrected_holm)}"
    yield f"  effect size d_z of the primary test  {_or_dash(primary['effect'], '+.2f')}"
    yield (
        f"  probability (Bayes) of A - B         below -{margin}: {_p(bayes['p_below'])}, "
        f"within: {_p(bayes['p_within'])}, above: {_p(bayes['p_above'])}"
    )
    yield (
        f"  smallest margin of equivalence       {_or_dash(verdict.smallest_margin)}, "
        f"with Nadeau-Bengio {_or_dash(verdict.smallest_margin_corrected)}"
    )
    yield (
        f"  smallest detectable difference       {_or_dash(verdict.detectable)}, "
        f"with Nadeau-Bengio {_or_dash(verdict.detectable_corrected)} (power {options.power:g})"
    )


def _scope(verdict) -> str:
    if verdict.primary == "paired_speakers":
        return (
            f"Each of {verdict.speakers} speakers is tested in one fold only: folds are taken to "
            "leave speakers out, and speakers are the samples of the primary test."
        )
    if verdict.speakers:
        return (
            f"The verdict holds on these {verdict.speakers} speakers: they are tested in several "
            "folds, so that training knows them."
        )
    return ""


def _floor(metric: str, system) -> str:
    """What always naming the most frequent class would reach, over the folds."""
    labels = system.utterances["label"].groupby("fold")
    if metric == "accuracy":
        value = labels.agg(lambda of: of.value_counts(normalize=True).iloc[0]).mean()
    else:
        value = (1 / labels.nunique()).mean()
    return f"floor, always the most frequent test class: {decimals(value)}"


def _recalls(systems) -> Iterator[str]:
    """Recall by class over the utterances of all folds."""
    labels = systems[0].utterances["label"]
    recalls = [system.utterances.groupby("label")["correct"].mean() for system in systems]
    yield from ("", "RECALL BY CLASS, all folds together")
    width = max(5, *labels.str.len())
    yield f"  {'class':<{width}}  {'tests':>6}  {'A':>5}  {'B':>5}  difference"
    for label, count in labels.value_counts().items():
        a, b = (of[label] for of in recalls)
        yield (
            f"  {label:<{width}}  {count:>6}  {decimals(a):>5}  {decimals(b):>5}  {_signed(a - b)}"
        )


def _listed(values) -> str:
    """Each value once, numbers in their order."""
    return ", ".join(sorted(set(values), key=lambda text: (len(text), text)))


def _span(counts: pd.Series) -> str:
    low, high = counts.min(), counts.max()
    return str(low) if low == high else f"{low} to {high}"


def _signed(value: float) -> str:
    if np.isnan(value):
        return "-"
    text = decimals(value)
    return text if text.startswith("-") or not float(text) else f"+{text}"


def _p(value: float) -> str:
    return "-" if np.isnan(value) else probability(value).removeprefix("= ").replace("< ", "<")


def _or_dash(value: float, form: str = "") -> str:
    return "-" if np.isnan(value) else format(value, form) if form else decimals(value)
