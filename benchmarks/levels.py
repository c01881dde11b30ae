"""How often the tests of docs/statistics.md err: studies simulated without a true difference.

    python benchmarks/levels.py [--studies 4000]

prints the tables of docs/statistics.md: of each test, how often it finds a difference where there
is none, and how often it finds equivalence where the difference equals the margin. Both should be
.05.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emofusion.evaluation.significance import (
    cluster_values,
    equivalence,
    paired,
    sampling_error,
    standard_error,
)

FOLDS, SPEAKERS, UTTERANCES = 5, 10, 500  # utterances of a speaker
NOISE = 0.25  # deviation of an utterance's difference in correctness
MARGIN, ALPHA = 0.02, 0.05
RATIO = 0.174  # test by training utterances of the published folds


@dataclass(frozen=True)
class Design:
    """What differences hang on, besides the utterances that happen to be tested."""

    name: str
    fold: float = 0  # deviation of what a fold does to the difference
    speaker: float = 0  # deviation of what a speaker does to it
    correlation: float = 0  # between folds
    speakers_apart: bool = False  # each speaker is tested in one fold


DESIGNS = (
    Design("nothing else: independent folds"),
    Design("each fold, deviation .01", fold=0.01),
    Design("the same, folds correlated as Nadeau-Bengio assume", 0.01, correlation=0.148),
    Design("each speaker, deviation .02; folds by utterance", speaker=0.02),
    Design("each speaker, deviation .02; folds by speaker", speaker=0.02, speakers_apart=True),
    Design("the same, and each fold, deviation .01", 0.01, 0.02, speakers_apart=True),
)


def study(design: Design, rng: np.random.Generator) -> dict[str, float]:
    """P of each test in one study without a true difference."""
    speaker = np.repeat(np.arange(SPEAKERS), UTTERANCES)
    fold = speaker % FOLDS if design.speakers_apart else np.arange(len(speaker)) % FOLDS
    values = rng.normal(0, NOISE, len(speaker))
    values += rng.normal(0, design.speaker, SPEAKERS)[speaker]
    values += rng.normal(0, design.fold, FOLDS)[fold]
    # Folds correlate by rho where rho of the whole variance of a fold's difference is common.
    variance = design.fold**2 + NOISE**2 * FOLDS / len(speaker)
    common = variance * design.correlation / (1 - design.correlation)
    values += rng.normal(0, np.sqrt(common))
    found, between = {}, 0.0
    for name, units in (("folds", fold), ("speakers", speaker)):
        means = np.array([values[units == unit].mean() for unit in np.unique(units)])
        # The error between speakers is never below that between folds, which comes first here.
        least = max(sampling_error(values, units, np.zeros(len(values))), between)
        ratio = RATIO * FOLDS / len(means)
        # With a true difference as large as the margin, each finding of equivalence is an error.
        shifted = means + MARGIN
        between = standard_error(means)
        for test, error in (
            ("t", between),
            ("primary", standard_error(means, least=least)),
            ("Nadeau-Bengio", standard_error(means, ratio, least)),
        ):
            found[f"{test}, {name}"] = paired(means, error, ALPHA).p
            found[f"{test}, {name}, equivalence"] = equivalence(shifted, error, MARGIN, ALPHA).p
    return found


@dataclass(frozen=True)
class Partition:
    """A single test partition, and the deviations of what differences hang on."""

    dialogs: int
    seeds: int
    dialog: float = 0.05  # of what a dialog does to the difference
    seed: float = 0.01  # of what a seed does to the accuracy of a system


PARTITIONS = [Partition(dialogs, seeds) for dialogs in (10, 30, 280) for seeds in (2, 5, 10)]
OF_A_DIALOG = 10  # utterances


def study_of_one(design: Partition, rng: np.random.Generator) -> dict[str, float]:
    """P of the test over clusters in one study without a true difference."""
    dialog = np.repeat(np.arange(design.dialogs), OF_A_DIALOG)
    runs = rng.normal(0, design.seed, (2, design.seeds))
    values = (
        rng.normal(0, NOISE, len(dialog)) + rng.normal(0, design.dialog, design.dialogs)[dialog]
    )
    values += runs[0].mean() - runs[1].mean()
    of_dialogs = cluster_values(values, dialog, np.zeros(len(values)))
    least = sampling_error(values, np.zeros(len(values)), np.zeros(len(values)))
    between = standard_error(of_dialogs, least=least)
    error = np.hypot(between, np.sqrt((runs.var(axis=1, ddof=1) / design.seeds).sum()))
    return {
        "utterances alone": paired(of_dialogs, least, ALPHA).p,
        "dialogs alone": paired(of_dialogs, between, ALPHA).p,
        "dialogs and seeds": paired(of_dialogs, error, ALPHA).p,
        "equivalence": equivalence(of_dialogs + MARGIN, error, MARGIN, ALPHA).p,
    }


def row(
    design: Any, study: Callable[..., dict[str, float]], columns: Sequence[str], given: Any
) -> str:
    """How often each test of a design errs, as cells of a table."""
    rng = np.random.default_rng(given.seed)
    studies = [study(design, rng) for _ in range(given.studies)]
    shares = [np.mean([one[name] < ALPHA for one in studies]) for name in columns]
    return " | ".join(f"{100 * share:.1f} %" for share in shares)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    columns = ["t, folds", "primary, folds", "Nadeau-Bengio, folds",
               "t, folds, equivalence", "primary, folds, equivalence",
               "Nadeau-Bengio, folds, equivalence",
               "primary, speakers", "Nadeau-Bengio, speakers"]  # fmt: skip
    print(f"| differences depend on | {' | '.join(columns)} |")
    print(f"|---{'|---' * len(columns)}|")
    for design in DESIGNS:
        print(f"| {design.name} | {row(design, study, columns, given)} |")
    columns = ["utterances alone", "dialogs alone", "dialogs and seeds", "equivalence"]
    print(f"\n| dialogs | seeds | {' | '.join(columns)} |")
    print(f"|---|---{'|---' * len(columns)}|")
    for one in PARTITIONS:
        print(f"| {one.dialogs} | {one.seeds} | {row(one, study_of_one, columns, given)} |")


if __name__ == "__main__":
    main()
