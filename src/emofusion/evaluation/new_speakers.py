"""What a comparison says of a speaker whom nobody has heard yet.

The differences between two models, one per test speaker and set of modalities, are modelled with
random effects: the set, the speaker, the fold (its speakers share trained models), the fold on each
set, and what is left. The sets are partially pooled: each borrows strength from the others, the
more the less they differ. Only for folds that train on no test speaker.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from emofusion.evaluation.comparison import (
    Name,
    Options,
    SystemPredictions,
    clusters_in,
    pairs,
    speakers_are_new,
    strata_of,
    utterance_differences,
)
from emofusion.evaluation.metrics import PRINTED
from emofusion.evaluation.random_effects import RESIDUAL, Fit, fit
from emofusion.schemas import NEW_SPEAKERS

SETS, SPEAKERS, FOLDS, FOLD_SETS = "set", "speaker", "fold", "fold and set"
SPEAKERS_NEEDED = 4


class SpeakerDifferences(NamedTuple):
    """Mean differences of the speakers on each set of modalities.

    Attributes:
        table: columns modalities, speaker, fold, value; one row per speaker and set.
        known: covariance of the values that comes from sampling the utterances [row, row].
    """

    table: pd.DataFrame
    known: np.ndarray


def speaker_differences(
    differences: pd.DataFrame, speaker: np.ndarray, fold: np.ndarray, strata: np.ndarray
) -> SpeakerDifferences:
    """Means by speaker and set, and how uncertain the sampling of utterances makes them.

    A speaker's value is the mean over strata of the mean over utterances. The covariance between
    the sets of an utterance is pooled over all speakers within a stratum.

    Args:
        differences: one row per utterance, one column per set of modalities.
        speaker, fold, strata: of each utterance.
    """
    cells = differences.groupby([speaker, strata])
    centred = (differences - cells.transform("mean")).to_numpy()
    sizes, means = cells.size(), cells.mean()
    spread = {}
    for stratum in np.unique(strata):
        own = strata == stratum
        free = own.sum() - len(np.unique(speaker[own]))
        spread[stratum] = centred[own].T @ centred[own] / max(free, 1)
    names, sets = list(dict.fromkeys(speaker)), list(differences)
    of_fold = dict(zip(speaker, fold, strict=True))
    rows, known = [], np.zeros((len(names) * len(sets),) * 2)
    for number, name in enumerate(names):
        own = sizes[name]
        parts = [spread[stratum] / size for stratum, size in own.items()]
        place = slice(number * len(sets), (number + 1) * len(sets))
        known[place, place] = sum(parts) / len(parts) ** 2
        values = means.loc[name].mean()
        rows += [(one, name, of_fold[name], values[one]) for one in sets]
    table = pd.DataFrame(rows, columns=["modalities", "speaker", "fold", "value"])
    return SpeakerDifferences(table, known)


def new_speakers(
    systems: Mapping[Name, SystemPredictions],
    selected: pd.DataFrame,
    leakage: pd.DataFrame,
    options: Options,
) -> pd.DataFrame:
    """Predict new speakers for every pair of models, from all sets of modalities that both have.

    Args:
        systems: {(model, modalities): system}.
        selected: the selected utterances.
        leakage: what training shares with the test partitions.
        options: level and margins.

    Returns:
        Columns as in `schemas.NEW_SPEAKERS`, on the scale from 0 to 1. No row where test speakers
        occur in training, where speakers are not known, or with fewer than four of them.
    """
    clusters = clusters_in(selected)
    if "speaker" not in clusters or not speakers_are_new(leakage):
        return pd.DataFrame(columns=NEW_SPEAKERS)
    speakers = clusters["speaker"]
    sets: dict[tuple[str, str, str], list[str]] = {}
    for pair in pairs(list(systems)):
        sets.setdefault((pair.family, pair.model_a, pair.model_b), []).append(pair.modalities)
    rows = []
    for (family, a, b), modalities in sets.items():
        found = {m: utterance_differences(systems[a, m], systems[b, m]) for m in modalities}
        by_utterance = {m: one.groupby(level="utterance_id") for m, one in found.items()}
        wide = pd.DataFrame({m: one["difference"].mean() for m, one in by_utterance.items()})
        wide = wide.dropna()
        first = modalities[0]
        labels = by_utterance[first][["label"]].first().loc[wide.index]
        speaker, fold = speakers.loc[wide.index].to_numpy(), _folds(found[first], wide.index)
        if len(set(speaker)) < SPEAKERS_NEEDED:
            continue
        for metric in PRINTED:
            given = speaker_differences(wide, speaker, fold, strata_of(labels, metric))
            key = {"family": family, "model_a": a, "model_b": b, "metric": metric}
            margin, alpha = options.margins[metric], options.alpha
            rows += [key | row for row in predict_new_speakers(given, margin, alpha)]
    return pd.DataFrame(rows, columns=NEW_SPEAKERS)


def _folds(rows: pd.DataFrame, utterances: pd.Index) -> np.ndarray:
    """The folds that test each utterance; folds that are drawn several times test it repeatedly."""
    tested = rows.reset_index("fold")["fold"].astype(str).groupby(level="utterance_id")
    return tested.agg(" ".join).loc[utterances].to_numpy()


def predict_new_speakers(
    given: SpeakerDifferences, margin: float, alpha: float
) -> list[dict[str, Any]]:
    """The mean difference over all speakers, and the difference for a new one, on each set.

    Args:
        given: the differences.
        margin: smaller differences count as none.
        alpha: intervals cover 1 - alpha.

    Returns:
        One row per set, and one with empty `modalities` for the mean over sets, if there are
        several: `mean` with `low` and `high`; `new_low` and `new_high` for a new speaker, and the
        probabilities that this speaker's difference is below, within and above the margin;
        standard deviations of the components.
    """
    table = given.table
    groups = {
        SETS: table["modalities"],
        SPEAKERS: table["speaker"],
        FOLDS: table["fold"],
        FOLD_SETS: table["fold"].astype(str) + " " + table["modalities"],
    }
    arrays = {name: column.astype(str).to_numpy() for name, column in groups.items()}
    found = fit(table["value"].to_numpy(), arrays, given.known)
    speakers = table["speaker"].nunique()
    df = speakers - 1  # of the speakers' deviation; the most that any error has
    new = sum(value for name, value in found.variances.items() if name != SETS)
    sets = found.effects.get(SETS, {table["modalities"].iloc[0]: (0.0, found.error**2)})
    rows = []
    for name, (effect, variance) in sets.items():
        mean, of_set = found.mean + effect, min(df, found.freedom(without=SETS))
        wide = stats.t(df, mean, np.sqrt(variance + new))
        low, high = wide.cdf([-margin, margin])
        rows.append(
            {"modalities": name, **_interval(mean, np.sqrt(variance), of_set, alpha)}
            | {"new_low": wide.ppf(alpha / 2), "new_high": wide.ppf(1 - alpha / 2)}
            | {"p_below": low, "p_within": high - low, "p_above": 1 - high}
        )
    if len(rows) > 1:
        of_all = min(df, found.freedom())
        rows.append({"modalities": "", **_interval(found.mean, found.error, of_all, alpha)})
    shared = {"speakers": speakers, "margin": margin, **_deviations(found)}
    return [{**row, **shared} for row in rows]


def _deviations(found: Fit) -> dict[str, float]:
    """Standard deviation of what sets, speakers and folds do to the difference."""
    parts = {
        "sd_sets": (SETS,),
        "sd_speakers": (SPEAKERS, RESIDUAL),
        "sd_folds": (FOLDS, FOLD_SETS),
    }
    return {
        column: float(np.sqrt(sum(found.variances.get(name, 0.0) for name in names)))
        for column, names in parts.items()
    }


def _interval(mean: float, error: float, df: float, alpha: float) -> dict[str, float]:
    low, high = stats.t(df, mean, error).ppf([alpha / 2, 1 - alpha / 2])
    return {"mean": mean, "low": float(low), "high": float(high)}
