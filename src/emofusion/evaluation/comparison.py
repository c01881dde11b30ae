"""From predictions of systems to the comparisons of pairs, and a verdict on each in words."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from emofusion.evaluation import metrics, significance
from emofusion.evaluation.metrics import PRINTED, decimals
from emofusion.evaluation.significance import Test

Name = tuple[str, str]
"""(model, modalities)"""

CLAIMS = {
    ("self", "cross"): "table1",
    # Section 3 on Table 2, and the controls that the paper lacks.
    ("self_nosp", "cross_nosp"): "table2",
    ("self", "self_nosp"): "table2",
    ("cross", "cross_nosp"): "table2",
    ("self_cross", "self"): "table2",
    ("self", "mean"): "table2",
    ("self", "cross_matched"): "table2",
}
"""{(A, B): family} of the pairs that are compared for a claim; all others make up `other`."""

FAMILIES = ("table1", "table2", "other")
CLUSTERS = {"dialog": "bootstrap_dialogs", "speaker": "bootstrap_speakers"}
CORRECTED = ("published", "paired_folds")
"""Tests whose P is corrected for the size of the family."""

COMPARISON_COLUMNS = [
    "family", "modalities", "model_a", "model_b", "metric", "test", "n", "difference", "low",
    "high", "statistic", "df", "p", "p_holm", "effect", "margin", "p_below", "p_within", "p_above",
]  # fmt: skip
VERDICT_COLUMNS = [
    "family", "modalities", "model_a", "model_b", "metric", "folds", "runs_a", "runs_b",
    "difference", "low", "high", "p_published", "p", "p_holm", "p_corrected", "p_equivalence",
    "margin", "smallest_margin", "detectable", "verdict",
]  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How systems are compared: the section `statistics` of the configuration.

    Margins are by metric, on the scale 0 ... 1; `bootstrap` is the number of draws.
    """

    alpha: float
    power: float
    margins: Mapping[str, float]
    bootstrap: int
    seed: int


@dataclass(frozen=True)
class System:
    """What comparisons need of a system's predictions.

    `runs` has the index fold, seed and the columns accuracy, balanced_accuracy; `utterances` the
    index fold, utterance_id and the columns label and `correct`, the share of seeds that are right.
    """

    runs: pd.DataFrame
    utterances: pd.DataFrame


class Pair(NamedTuple):
    """Two models on the same modality set, and the family that the comparison belongs to."""

    family: str
    modalities: str
    model_a: str
    model_b: str


def describe(predictions: pd.DataFrame) -> System:
    """Metrics of the runs of a system, and how often it is right about each utterance.

    Args:
        predictions: columns fold, seed, utterance_id, label, predicted; one row a run and
            utterance.
    """
    table = predictions.assign(correct=predictions["label"] == predictions["predicted"])
    recalls = table.groupby(["fold", "seed", "label"])["correct"].mean()
    runs = {
        "accuracy": table.groupby(["fold", "seed"])["correct"].mean(),
        "balanced_accuracy": recalls.groupby(["fold", "seed"]).mean(),
    }
    utterances = table.groupby(["fold", "utterance_id"])
    utterances = utterances.agg(label=("label", "first"), correct=("correct", "mean"))
    return System(pd.DataFrame(runs), utterances)


def read_predictions(runs: Iterable[tuple[Mapping, Path]]) -> pd.DataFrame:
    """The test predictions of some runs of a system, one after the other.

    Args:
        runs: (key with fold and seed, predictions.csv) of each run.

    Returns:
        fold, seed, utterance_id, label, predicted.

    Raises:
        DataError: a run without a test prediction.
    """
    tables = []
    for key, path in runs:
        columns = ["utterance_id", "partition", "label", "predicted"]
        as_text = {"usecols": columns, "dtype": "str", "keep_default_na": False}
        table = metrics.read_predictions(path, **as_text).drop(columns="partition")
        tables.append(table.assign(fold=key["fold"], seed=key["seed"]))
    return pd.concat(tables, ignore_index=True)


def read_systems(runs: Iterable[tuple[Mapping, Path]]) -> dict[Name, System]:
    """Read the runs of all systems, in their order.

    Args:
        runs: (key with model, modalities, fold and seed; predictions.csv) of each run.
    """
    groups: dict[Name, list] = {}
    for key, path in runs:
        groups.setdefault((key["model"], key["modalities"]), []).append((key, path))
    return {name: describe(read_predictions(group)) for name, group in groups.items()}


def clusters_in(selected: pd.DataFrame) -> dict[str, pd.Series]:
    """{"dialog": that of each utterance, "speaker": ...}, as far as the corpus tells them.

    Args:
        selected: columns utterance_id, dialog, speaker.
    """
    facts = selected.set_index("utterance_id")
    return {name: facts[name] for name in CLUSTERS if (facts[name] != "").all() and len(facts)}


def ratios_in(leakage: pd.DataFrame) -> dict[int, float]:
    """{fold: utterances of its test partition by those that it is trained on}."""
    test = leakage[leakage["partition"] == "test"]
    return dict(zip(test["fold"], test["utterances"] / test["training"], strict=True))


def pairs(names: Sequence[Name]) -> list[Pair]:
    """Every pair of models on the same modality set, the claims first and as they are worded."""
    found = []
    for modalities in dict.fromkeys(modalities for _, modalities in names):
        models = [model for model, on in names if on == modalities]
        for a, b in itertools.combinations(models, 2):
            a, b = (b, a) if (b, a) in CLAIMS else (a, b)
            found.append(Pair(CLAIMS.get((a, b), "other"), modalities, a, b))
    return sorted(found, key=lambda pair: FAMILIES.index(pair.family))


def compare(
    pairs: Sequence[Pair],
    systems: Mapping[Name, System],
    clusters: Mapping[str, pd.Series],
    ratios: Mapping[int, float],
    options: Options,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare pairs of systems on the folds that both have, on the two printed metrics.

    Args:
        pairs: which.
        systems: by (model, modalities).
        clusters: {"dialog": that of each utterance, "speaker": ...}, those that are known.
        ratios: {fold: n_test / n_train}.
        options: levels, margins and draws.

    Returns:
        One row a comparison, metric and test, and one row a comparison and metric with the verdict:
        columns as in `COMPARISON_COLUMNS` and `VERDICT_COLUMNS`.
    """
    keys, tests, facts = [], [], []
    for pair in pairs:
        a, b = (systems[model, pair.modalities] for model in (pair.model_a, pair.model_b))
        for metric in PRINTED:
            keys.append(pair._asdict() | {"metric": metric})
            fold_differences = differences_by_fold(a, b, metric)
            tests.append(dict(_tests(a, b, metric, fold_differences, clusters, ratios, options)))
            facts.append(_facts(a, b, fold_differences, options))
    families = np.array([key["family"] for key in keys])
    for test in CORRECTED:
        for family in FAMILIES:
            members = np.flatnonzero(families == family)
            corrected = significance.holm([tests[i][test]["p"] for i in members])
            for i, p in zip(members, corrected, strict=True):
                tests[i][test]["p_holm"] = p
    comparisons = [
        key | {"test": test} | row
        for key, rows in zip(keys, tests, strict=True)
        for test, row in rows.items()
    ]
    verdicts = [
        key | known | _verdict(rows, known["folds"], options.alpha)
        for key, rows, known in zip(keys, tests, facts, strict=True)
    ]
    return (
        pd.DataFrame(comparisons, columns=COMPARISON_COLUMNS),
        pd.DataFrame(verdicts, columns=VERDICT_COLUMNS),
    )


def differences_by_fold(a: System, b: System, metric: str) -> pd.Series:
    """A minus B in each fold that both have, averaged over the seeds of each."""
    means = [system.runs[metric].groupby("fold").mean() for system in (a, b)]
    # Rounded, since sums of equal numbers in another order are not always equal.
    return (means[0] - means[1]).dropna().round(12)


def _tests(
    a: System,
    b: System,
    metric: str,
    differences: pd.Series,
    clusters: Mapping[str, pd.Series],
    ratios: Mapping[int, float],
    options: Options,
) -> Iterator[tuple[str, dict]]:
    """(name, values) of each test of one metric."""
    folds, alpha, margin = differences.index, options.alpha, options.margins[metric]
    ratio = np.mean([ratios[fold] for fold in folds]) if len(folds) else np.nan
    values = [significance.sample(_runs(system, folds)[metric]) for system in (a, b)]
    yield "published", asdict(significance.two_sample(*values, alpha))
    yield "paired_folds", asdict(significance.paired(differences, alpha))
    corrected = significance.corrected_resampled(differences, ratio, alpha)
    yield "corrected_resampled", asdict(corrected)
    for name, test in _bootstraps(a, b, metric, clusters, options):
        yield name, asdict(test)
    yield "equivalence", asdict(significance.equivalence(differences, margin, alpha))
    yield "bayes", asdict(significance.correlated_bayes(differences, ratio, margin, alpha))


def _bootstraps(
    a: System, b: System, metric: str, clusters: Mapping[str, pd.Series], options: Options
) -> Iterator[tuple[str, Test]]:
    both = a.utterances.join(b.utterances["correct"].rename("correct_b"), how="inner")
    utterances = both.index.get_level_values("utterance_id")
    for name, of in clusters.items():
        yield (
            CLUSTERS[name],
            significance.cluster_bootstrap(
                both["correct"] - both["correct_b"],
                of.loc[utterances].to_numpy(),
                both["label"] if metric == "balanced_accuracy" else np.zeros(len(both)),
                draws=options.bootstrap,
                seed=options.seed,
                alpha=options.alpha,
            ),
        )


def _facts(a: System, b: System, differences: pd.Series, options: Options) -> dict:
    folds = differences.index
    return {
        "folds": len(folds),
        "runs_a": len(_runs(a, folds)),
        "runs_b": len(_runs(b, folds)),
        "smallest_margin": significance.smallest_margin(differences, options.alpha),
        "detectable": significance.detectable(differences, options.alpha, options.power),
    }


def _runs(system: System, folds: pd.Index) -> pd.DataFrame:
    return system.runs[system.runs.index.isin(folds, level="fold")]


def _verdict(tests: Mapping[str, Mapping], folds: int, alpha: float) -> dict:
    """What the tests of a comparison come to."""
    primary, tost = tests["paired_folds"], tests["equivalence"]
    return {
        **{name: primary[name] for name in ("difference", "low", "high", "p", "p_holm")},
        "p_published": tests["published"]["p"],
        "p_corrected": tests["corrected_resampled"]["p"],
        "p_equivalence": tost["p"],
        "margin": tost["margin"],
        "verdict": verdict(primary["difference"], primary["p_holm"], tost, folds, alpha),
    }


def verdict(difference: float, p: float, tost: Mapping, folds: int, alpha: float) -> str:
    """In words: better, worse, equivalent within the margin, or undecided; of A against B.

    Args:
        difference: A minus B.
        p: of the primary test, corrected for its family.
        tost: `p` and `margin` of the test of equivalence.
        folds: that both systems have.
        alpha: P below it counts.
    """
    if folds < 2:
        return "undecided (one fold)" if folds else "undecided (no common fold)"
    if np.isnan(p):
        return "undecided (the same difference in every fold)"
    better = ("better" if difference > 0 else "worse") if p < alpha else ""
    equivalent = f"equivalent within {decimals(tost['margin'])}" if tost["p"] < alpha else ""
    return ", but ".join(filter(None, [better, equivalent])) or "undecided"
