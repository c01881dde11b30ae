"""The evidence on any two systems, from their predictions, as text."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.evaluation.comparison import (
    CLUSTERS,
    Options,
    Pair,
    SystemPredictions,
    compare,
    describe,
)
from emofusion.evaluation.metrics import NAMING_NOTE, PRINTED
from emofusion.evaluation.predictions import clusters_of, in_common, listed, ratios_of, read
from emofusion.evaluation.verdicts import kind, verdict_text
from emofusion.wording import decimals, metric_name, probability, signed_plain

ROWS = {
    "published": ("as published", "all runs as if independent"),
    "paired_folds": ("paired over folds", "folds as samples"),
    "paired_speakers": ("paired over speakers", "speakers as samples"),
    "one_partition": ("over clusters", "dialogs, speakers or utterances as samples"),
    "corrected_resampled": ("Nadeau-Bengio", "allows for shared training data"),
    "bootstrap_dialogs": ("bootstrap, dialogs", "these trained models, other dialogs"),
    "bootstrap_speakers": ("bootstrap, speakers", "these trained models, other speakers"),
    "equivalence": ("equivalence", "P small: inside the margins"),
    "equivalence_corrected": ("equivalence, Nadeau-Bengio", "allows for shared training data"),
}
WIDTH = 100


def judge(a: Path, b: Path, settings: Mapping[str, Any], ratio: float | None = None) -> str:
    """Tests and verdicts on the difference between two systems, A minus B, as text.

    Args:
        a, b: each a table of predictions or a folder of our runs (see `predictions.read`).
        settings: fields of `Options`.
        ratio: test utterances of a fold divided by training utterances; None: from the split
            tables of our runs, else 1 / (folds - 1), as in cross-validation.

    Raises:
        DataError: files that cannot be used or have nothing in common, or a ratio of 0 or less.
    """
    if ratio is not None and not 0 < ratio < np.inf:
        raise DataError(
            f"--ratio: found {ratio:g}, expected the size of a test partition divided by that "
            "of its training partition, such as 0.25"
        )
    options = Options(**settings)
    given = [read(a), read(b)]
    tables, warnings = in_common(*given)
    systems = {(name, ""): describe(table) for name, table in zip("AB", tables, strict=True)}
    folds = list(tables[0]["fold"].unique())
    if ratio is None:
        ratios, stated, remarks = ratios_of(given, folds)
        warnings += remarks
    else:
        ratios, stated = dict.fromkeys(folds, ratio), "given"
        if ratio > 1:
            warnings.append(
                f"--ratio {ratio:g} says that test partitions are larger than their training "
                "partitions. Is it a percentage?"
            )
    clusters = clusters_of(*tables)
    new_speakers = _tested_once(tables[0], clusters)
    comparisons, verdicts = compare(
        [Pair("other", "", "A", "B")],
        systems,
        clusters,
        ratios,
        options,
        new_speakers=new_speakers,
    )
    described = list(systems.values())
    lines = [
        f"A  {a}",
        f"B  {b}",
        "Differences are A minus B.",
        *_compared(tables, described, f"{np.mean(list(ratios.values())):.3f} ({stated})", options),
        *(f"  {text}" for text in textwrap.wrap(_scope(verdicts.iloc[0]), WIDTH - 2)),
        *_warnings(warnings, clusters),
    ]
    for row in verdicts.itertuples(index=False):
        tests = comparisons[comparisons["metric"] == row.metric].set_index("test")
        lines += _metric(row, tests, described, options)
    lines += [
        *_recalls(described),
        "",
        *textwrap.wrap(NAMING_NOTE, WIDTH),
        "More: docs/judge.md, docs/statistics.md",
    ]
    return "\n".join(lines)


def _tested_once(table: pd.DataFrame, clusters: Mapping[str, pd.Series]) -> bool:
    """Whether each speaker is tested in one fold only, as where folds leave speakers out."""
    if "speaker" not in clusters or table["fold"].nunique() < 2:
        return False
    speakers = table["utterance_id"].map(clusters["speaker"])
    return bool(table.groupby(speakers)["fold"].nunique().max() == 1)


def _compared(
    tables: Sequence[pd.DataFrame],
    systems: Sequence[SystemPredictions],
    ratio: str,
    options: Options,
) -> Iterator[str]:
    utterances = systems[0].utterances
    labels = utterances["label"].value_counts()
    runs = " and ".join(
        f"{len(system.runs)} of {name} ({_span(system.runs.groupby('fold').size())} seeds a fold)"
        for name, system in zip("AB", systems, strict=True)
    )
    unique = utterances.index.get_level_values("utterance_id").nunique()
    yield from ("", "WHAT WAS COMPARED")
    yield f"  folds       {listed(tables[0]['fold'])}"
    yield f"  runs        {runs}"
    yield f"  utterances  {unique}, tested {len(utterances)} times over all folds"
    yield f"  labels      {', '.join(f'{label} {count}' for label, count in labels.items())}"
    yield f"  test/train  {ratio}"
    yield f"  level       alpha {options.alpha:g}; P corrected by Holm over the two metrics"


def _warnings(warnings: list[str], clusters: Mapping) -> Iterator[str]:
    unknown = [name for name in CLUSTERS if name not in clusters]
    if unknown:
        warnings = [
            *warnings,
            f"No bootstrap over {' and '.join(f'{name}s' for name in unknown)}: needs a column "
            f"{', '.join(unknown)} with a value in every row, or IEMOCAP's utterance ids.",
        ]
    if warnings:
        yield from ("", "WARNINGS")
    for text in warnings:
        yield textwrap.fill(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _metric(
    verdict: Any, tests: pd.DataFrame, systems: Sequence[SystemPredictions], options: Options
) -> Iterator[str]:
    metric, covered = verdict.metric, f"{1 - options.alpha:.0%}"
    means = [system.runs[metric].groupby("fold").mean().mean() for system in systems]
    yield from ("", f"{metric_name(metric).upper()} (the paper's {PRINTED[metric]})")
    yield f"  A {decimals(means[0])}, B {decimals(means[1])}; {_floor(metric, systems[0])}"
    row = verdict._asdict()
    subject = {"undecided": "", "equivalent": "A and B are "}.get(kind(row), "A is ")
    yield f"  VERDICT: {subject}{verdict_text(row)}"
    yield ""
    head = f"difference [{covered} interval]"
    yield f"  {'test':<26}  {head:<25}  {'P':<5}  meaning"
    for name, (title, meaning) in ROWS.items():
        if name in tests.index:
            row = tests.loc[name]
            difference, low, high = (signed_plain(row[k]) for k in ("difference", "low", "high"))
            interval = f"{difference} [{low}, {high}]"
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


def _scope(verdict: Any) -> str:
    if verdict.primary == "one_partition":
        return (
            "There is one fold: the verdict is about models trained on its training partition; "
            f"{verdict.samples} {verdict.sample}s are the samples of the primary test."
        )
    if verdict.primary == "paired_speakers":
        return (
            f"Each of {verdict.speakers} speakers is tested in one fold only: folds are taken to "
            "leave speakers out, and speakers are the samples of the primary test."
        )
    if verdict.speakers:
        whom = "this one speaker" if verdict.speakers == 1 else f"these {verdict.speakers} speakers"
        return (
            f"The verdict is about {whom}: speakers are tested in several folds, so they also "
            "occur in training."
        )
    return ""


def _floor(metric: str, system: SystemPredictions) -> str:
    """Metric of always predicting the most frequent class of the test fold; mean over folds."""
    labels = system.utterances["label"].groupby("fold")
    if metric == "accuracy":
        value = labels.agg(lambda column: column.value_counts(normalize=True).iloc[0]).mean()
    else:
        value = (1 / labels.nunique()).mean()
    return f"floor, always the most frequent test class: {decimals(value)}"


def _recalls(systems: Sequence[SystemPredictions]) -> Iterator[str]:
    """Recall by class over the utterances of all folds."""
    labels = systems[0].utterances["label"]
    recalls = [system.utterances.groupby("label")["correct"].mean() for system in systems]
    yield from ("", "RECALL BY CLASS, all folds together")
    width = max(5, *labels.str.len())
    yield f"  {'class':<{width}}  {'n':>6}  {'A':>5}  {'B':>5}  difference"
    for label, count in labels.value_counts().items():
        a, b = (recall[label] for recall in recalls)
        numbers = f"{decimals(a):>5}  {decimals(b):>5}  {signed_plain(a - b)}"
        yield f"  {label:<{width}}  {count:>6}  {numbers}"


def _span(counts: pd.Series) -> str:
    low, high = counts.min(), counts.max()
    return str(low) if low == high else f"{low} to {high}"


def _p(value: float) -> str:
    return "-" if np.isnan(value) else probability(value).removeprefix("= ").replace("< ", "<")


def _or_dash(value: float, form: str = "") -> str:
    return "-" if np.isnan(value) else format(value, form) if form else decimals(value)
