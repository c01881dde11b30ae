"""From predictions of systems to the comparisons of pairs, and a verdict on each."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from emofusion.evaluation import metrics, significance
from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.paired_tests import Compared, PairedDifferences, registered_tests
from emofusion.evaluation.verdicts import decide, verdict_text
from emofusion.schemas import COMPARISONS, VERDICTS

Name = tuple[str, str]
"""(model, modalities)"""

BASELINES = ("mdre", "amh", "mha", "mcsan")
CLAIMS = {
    ("self", "cross"): "table1",
    # Section 3 on Table 2.
    ("self_nosp", "cross_nosp"): "table2",
    ("self", "self_nosp"): "table2",
    ("cross", "cross_nosp"): "table2",
    ("self_cross", "self"): "table2",
    # Section 3 on Table 1: how both models compare with the state of the art.
    **{(model, other): "baselines" for model in ("self", "cross") for other in BASELINES},
    # Controls that the paper lacks: what any attention adds, and what size adds.
    ("self", "mean"): "controls",
    ("cross", "mean"): "controls",
    ("cross", "cross_matched"): "controls",
    ("self", "cross_matched"): "controls",
}
"""{(A, B): family} of the pairs that are compared for a claim; all others make up `other`."""

FAMILIES = ("table1", "table2", "baselines", "controls", "other")
CLUSTERS = ("dialog", "speaker")


@dataclass(frozen=True)
class Options:
    """How systems are compared: the section `statistics` of the configuration.

    Margins are by metric, on the scale 0 ... 1; `bootstrap` is the number of draws; `primary` has
    the keys models, modalities and metric of the primary endpoint, if one is declared.
    """

    alpha: float
    power: float
    margins: Mapping[str, float]
    bootstrap: int
    seed: int
    primary: Mapping[str, Any] | None = None

    def is_primary(self, row: Mapping[str, Any]) -> bool:
        """Whether a comparison on a metric is the primary endpoint, in either order."""
        one = self.primary
        return one is not None and (
            {row["model_a"], row["model_b"]} == set(one["models"])
            and (row["modalities"], row["metric"]) == (one["modalities"], one["metric"])
        )


@dataclass(frozen=True)
class SystemPredictions:
    """A system's test results, as the comparisons use them.

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


def describe(predictions: pd.DataFrame) -> SystemPredictions:
    """Metrics of the runs of a system, and how often it is right about each utterance.

    Args:
        predictions: columns fold, seed, utterance_id, label, predicted; one row per run and
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
    return SystemPredictions(pd.DataFrame(runs), utterances)


def read_test_predictions(runs: Iterable[tuple[Mapping, Path]]) -> pd.DataFrame:
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
        as_text: dict[str, Any] = {"usecols": columns, "dtype": "str", "keep_default_na": False}
        table = metrics.read_predictions(path, **as_text).drop(columns="partition")
        tables.append(table.assign(fold=key["fold"], seed=key["seed"]))
    return pd.concat(tables, ignore_index=True)


def read_systems(runs: Iterable[tuple[Mapping, Path]]) -> dict[Name, SystemPredictions]:
    """Read the runs of all systems, in their order.

    Args:
        runs: (key with model, modalities, fold and seed; predictions.csv) of each run.
    """
    groups: dict[Name, list] = {}
    for key, path in runs:
        groups.setdefault((key["model"], key["modalities"]), []).append((key, path))
    return {name: describe(read_test_predictions(group)) for name, group in groups.items()}


def clusters_in(selected: pd.DataFrame) -> dict[str, pd.Series]:
    """{"dialog": dialog of each utterance, "speaker": speaker of each}, where all are known.

    Args:
        selected: columns utterance_id, dialog, speaker.
    """
    facts = selected.set_index("utterance_id")
    return {name: facts[name] for name in CLUSTERS if (facts[name] != "").all() and len(facts)}


def ratios_in(leakage: pd.DataFrame) -> dict[int, float]:
    """{fold: number of test utterances divided by number of training utterances}."""
    test = leakage[leakage["partition"] == "test"]
    return dict(zip(test["fold"], test["utterances"] / test["training"], strict=True))


def speakers_are_new(leakage: pd.DataFrame) -> bool:
    """Whether no fold trains on a speaker of its test partition."""
    return bool((leakage.loc[leakage["partition"] == "test", "speaker"] == 0).all())


def pairs(names: Sequence[Name]) -> list[Pair]:
    """All pairs of models on the same modality set; those of `CLAIMS` first, with its A and B."""
    found = []
    for modalities in dict.fromkeys(modalities for _, modalities in names):
        models = [model for model, on in names if on == modalities]
        for a, b in itertools.combinations(models, 2):
            a, b = (b, a) if (b, a) in CLAIMS else (a, b)
            found.append(Pair(CLAIMS.get((a, b), "other"), modalities, a, b))
    return sorted(found, key=lambda pair: FAMILIES.index(pair.family))


def compare_systems(
    systems: Mapping[Name, SystemPredictions],
    selected: pd.DataFrame,
    leakage: pd.DataFrame,
    options: Options,
    files: Sequence[str] = (),
    chosen: Sequence[Pair] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare pairs of models, by default all on the same modality set: see `compare`.

    Args:
        systems: {(model, modalities): system}.
        selected: the selected utterances.
        leakage: what training shares with the test partitions.
        options: levels, margins and draws.
        files: files outside the package that may define tests.
        chosen: the pairs to compare.
    """
    return compare(
        pairs(list(systems)) if chosen is None else chosen,
        systems,
        clusters_in(selected),
        ratios_in(leakage),
        options,
        new_speakers=speakers_are_new(leakage),
        files=files,
    )


def compare(
    pairs: Sequence[Pair],
    systems: Mapping[Name, SystemPredictions],
    clusters: Mapping[str, pd.Series],
    ratios: Mapping[Any, float],
    options: Options,
    *,
    new_speakers: bool = False,
    files: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare pairs of systems on the folds that both have, on the two printed metrics.

    Args:
        pairs: the pairs to compare.
        systems: {(model, modalities): system}.
        clusters: {"dialog": the dialog of each utterance, "speaker": ...}, as far as known.
        ratios: {fold: n_test / n_train}.
        options: levels, margins and draws.
        new_speakers: whether no test speaker occurs in training. If so, the samples of the
            primary test are speakers, else folds. With a single fold the samples are dialogs,
            speakers or utterances of its test partition.
        files: files outside the package that may define tests.

    Returns:
        One row per comparison, metric and test; and one row per comparison and metric with the
        verdict: columns as in `schemas.COMPARISONS` and `schemas.VERDICTS`.
    """
    keys, tests, facts = [], [], []
    known = registered_tests(files)
    primary = "paired_speakers" if new_speakers and "speaker" in clusters else "paired_folds"
    if len(ratios) == 1:
        primary = "one_partition"
    for pair in pairs:
        a, b = (systems[model, pair.modalities] for model in (pair.model_a, pair.model_b))
        rows = utterance_differences(a, b)
        for metric in PRINTED:
            folds = differences_by_fold(a, b, metric)
            samples = _paired_samples(folds, rows, metric, clusters, ratios)
            if primary == "one_partition":
                seeds = _seed_error(a, b, metric, folds.index)
                samples["one_partition"] = _of_one_partition(rows, metric, clusters, seeds)
            keys.append(pair._asdict() | {"metric": metric})
            compared = _compared(a, b, metric, rows, samples, primary, clusters, options)
            outcomes = {test.name: test.run(compared) for test in known}
            tests.append({name: asdict(one) for name, one in outcomes.items() if one is not None})
            facts.append(_facts(a, b, samples, primary, options))
    families = np.array([key["family"] for key in keys])
    endpoint = np.array([options.is_primary(key) for key in keys])
    for test in [one.name for one in known if one.holm]:
        for family in dict.fromkeys(families):
            secondary = (families == family) & ~endpoint
            members = [i for i in np.flatnonzero(secondary) if test in tests[i]]
            corrected = significance.holm([tests[i][test]["p"] for i in members])
            for i, p in zip(members, corrected, strict=True):
                tests[i][test]["p_holm"] = p
        for i in np.flatnonzero(endpoint):
            if test in tests[i]:
                tests[i][test]["p_holm"] = tests[i][test]["p"]
    comparisons = [
        key | {"test": test} | row
        for key, rows in zip(keys, tests, strict=True)
        for test, row in rows.items()
    ]
    verdicts = [
        key | _verdict(rows, known | {"endpoint": bool(is_primary)}, options.alpha)
        for key, rows, known, is_primary in zip(keys, tests, facts, endpoint, strict=True)
    ]
    return (
        pd.DataFrame(comparisons, columns=COMPARISONS),
        pd.DataFrame(verdicts, columns=VERDICTS),
    )


def differences_by_fold(a: SystemPredictions, b: SystemPredictions, metric: str) -> pd.Series:
    """A minus B in each fold that both have, averaged over the seeds of each."""
    means = [system.runs[metric].groupby("fold").mean() for system in (a, b)]
    # Rounded, since sums of equal numbers in another order are not always equal.
    return (means[0] - means[1]).dropna().round(12)


def _paired_samples(
    folds: pd.Series,
    rows: pd.DataFrame,
    metric: str,
    clusters: Mapping[str, pd.Series],
    ratios: Mapping[Any, float],
) -> dict[str, PairedDifferences]:
    """{test: its differences}, one per fold and, where speakers are known, one per speaker.

    A speaker's difference is the mean over all test utterances of the speaker in all folds; for
    balanced accuracy, the mean over the speaker's classes. If the folds are drawn several times, an
    utterance still counts once for its speaker.
    """
    strata = strata_of(rows, metric)
    ratio = float(np.mean([ratios[fold] for fold in folds.index])) if len(folds) else np.nan
    of_fold = rows.index.get_level_values("fold")
    by_utterance = rows.groupby(level="utterance_id")
    repeats = len(rows) / max(1, by_utterance.ngroups)
    least = significance.sampling_error(rows["difference"], of_fold, strata) * np.sqrt(repeats)
    samples = {"paired_folds": PairedDifferences(folds, "fold", ratio, least, repeats=repeats)}
    if "speaker" in clusters:
        once = by_utterance.agg({"label": "first", "difference": "mean"})
        speaker, strata = clusters["speaker"].loc[once.index].to_numpy(), strata_of(once, metric)
        means = once["difference"].groupby([speaker, strata]).mean()
        values = means.groupby(level=0).mean().round(12)
        least = significance.sampling_error(once["difference"], speaker, strata)
        of_speaker = ratio * len(folds) / repeats / len(values) if len(values) else np.nan
        between_folds = significance.standard_error(folds) * np.sqrt(repeats)
        larger = (between_folds, "folds") if between_folds > least else (least, "utterances")
        samples["paired_speakers"] = PairedDifferences(values, "speaker", of_speaker, *larger)
    return samples


def _of_one_partition(
    rows: pd.DataFrame, metric: str, clusters: Mapping[str, pd.Series], seeds: float
) -> PairedDifferences:
    """Differences by dialog or by speaker, whichever has the larger error; else by utterance."""
    utterances, strata = rows.index.get_level_values("utterance_id"), strata_of(rows, metric)
    least = significance.sampling_error(rows["difference"], np.zeros(len(rows)), strata)
    known = {name: of.loc[utterances].to_numpy() for name, of in clusters.items()}
    samples = []
    for name, cluster in (known or {"utterance": utterances}).items():
        values = significance.cluster_values(rows["difference"], cluster, strata)
        samples.append(PairedDifferences(pd.Series(values).round(12), name, 0, least, seeds=seeds))
    return max(samples, key=lambda one: one.error())


def _seed_error(a: SystemPredictions, b: SystemPredictions, metric: str, folds: pd.Index) -> float:
    """Standard error that the seeds of both systems leave in the difference; NaN for one seed."""
    samples = [significance.sample(_runs(one, folds)[metric]) for one in (a, b)]
    return float(np.sqrt(sum(one.std**2 / one.n for one in samples)))


def utterance_differences(a: SystemPredictions, b: SystemPredictions) -> pd.DataFrame:
    """Label and `difference` of correctness of the test utterances, by fold and utterance_id."""
    both = a.utterances.join(b.utterances["correct"].rename("correct_b"), how="inner")
    return both.assign(difference=both["correct"] - both["correct_b"])


def strata_of(rows: pd.DataFrame, metric: str) -> np.ndarray:
    """Stratum of each row: its class for balanced accuracy, the same for all for accuracy."""
    return rows["label"].to_numpy() if metric == "balanced_accuracy" else np.zeros(len(rows))


def _compared(
    a: SystemPredictions,
    b: SystemPredictions,
    metric: str,
    rows: pd.DataFrame,
    samples: Mapping[str, PairedDifferences],
    primary: str,
    clusters: Mapping[str, pd.Series],
    options: Options,
) -> Compared:
    """Input of the tests of one pair and metric."""
    folds = samples["paired_folds"].differences.index
    utterances = rows.index.get_level_values("utterance_id")
    return Compared(
        runs=(
            significance.sample(_runs(a, folds)[metric]),
            significance.sample(_runs(b, folds)[metric]),
        ),
        folds=samples["paired_folds"],
        speakers=samples.get("paired_speakers"),
        partition=samples.get("one_partition"),
        primary=samples[primary],
        utterances=rows["difference"],
        strata=strata_of(rows, metric),
        clusters={name: names.loc[utterances].to_numpy() for name, names in clusters.items()},
        alpha=options.alpha,
        margin=options.margins[metric],
        draws=options.bootstrap,
        seed=options.seed,
    )


def _facts(
    a: SystemPredictions,
    b: SystemPredictions,
    samples: Mapping[str, PairedDifferences],
    primary: str,
    options: Options,
) -> dict:
    folds, one = samples["paired_folds"].differences.index, samples[primary]
    error, wider = one.error(), one.error(corrected=True)
    alpha, count = options.alpha, len(one.differences)
    speakers = samples.get("paired_speakers")
    return {
        "folds": len(folds),
        "speakers": 0 if speakers is None else len(speakers.differences),
        "runs_a": len(_runs(a, folds)),
        "runs_b": len(_runs(b, folds)),
        "primary": primary,
        "sample": one.sample,
        "samples": count,
        "error": error,
        "error_from": one.error_from(),
        "smallest_margin": significance.smallest_margin(one.differences, error, alpha),
        "smallest_margin_corrected": significance.smallest_margin(one.differences, wider, alpha),
        "detectable": significance.detectable(count, error, alpha, options.power),
        "detectable_corrected": significance.detectable(count, wider, alpha, options.power),
    }


def _runs(system: SystemPredictions, folds: pd.Index) -> pd.DataFrame:
    return system.runs[system.runs.index.isin(folds, level="fold")]


def _verdict(tests: Mapping[str, Mapping], known: Mapping, alpha: float) -> dict:
    """A row of the verdicts, without its key."""
    primary, none = tests[known["primary"]], dict.fromkeys(("p", "p_holm"), np.nan)
    corrected = tests.get("corrected_resampled", none)
    seeds = min(known["runs_a"], known["runs_b"])
    row = {
        **known,
        **{name: primary[name] for name in ("difference", "low", "high", "p", "p_holm")},
        "p_published": tests["published"]["p"],
        "p_corrected": corrected["p"],
        "p_corrected_holm": corrected["p_holm"],
        "p_equivalence": tests["equivalence"]["p"],
        "p_equivalence_corrected": tests.get("equivalence_corrected", none)["p"],
        "p_equivalence_holm": tests["equivalence"]["p_holm"],
        "p_equivalence_corrected_holm": tests.get("equivalence_corrected", none)["p_holm"],
        "margin": tests["equivalence"]["margin"],
        **decide(tests, known["primary"], known["folds"], seeds, alpha)._asdict(),
    }
    return row | {"verdict": verdict_text(row)}
