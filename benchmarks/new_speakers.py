"""How well the model of docs/statistics.md predicts new speakers: studies with known effects.

    python benchmarks/new_speakers.py [--studies 500]

prints the table of docs/statistics.md. The true difference is zero on every set of modalities, or
varies between the sets around zero.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from emofusion.evaluation.new_speakers import predict_new_speakers, speaker_differences

UTTERANCES = 100  # of a speaker
NOISE, SHARED = 0.25, 0.3  # deviation of an utterance's difference; its correlation between sets
MARGIN, ALPHA = 0.02, 0.05


@dataclass(frozen=True)
class Design:
    """The speakers, folds and sets of a study, and the deviations of the effects."""

    speakers: int
    folds: int
    sets: int
    set: float = 0.0  # of what a set of modalities does to the difference
    speaker: float = 0.0  # of what a speaker does to it, half of it on all sets alike
    fold: float = 0.0  # of what a fold does to it, half of it on all sets alike


DESIGNS = (
    Design(10, 5, 4),
    Design(10, 5, 4, speaker=0.02),
    Design(10, 5, 4, speaker=0.02, fold=0.01),
    Design(10, 5, 4, set=0.02, speaker=0.02, fold=0.01),
    Design(10, 10, 4, set=0.02, speaker=0.02),
    Design(24, 6, 1, speaker=0.02, fold=0.01),
    Design(24, 6, 3, set=0.02, speaker=0.02, fold=0.01),
    Design(91, 5, 3, set=0.02, speaker=0.02, fold=0.01),
)


def study(design: Design, rng: np.random.Generator) -> dict[str, float]:
    """What the model says of one study, averaged over its sets."""
    sets = rng.normal(0, design.set, design.sets)
    fold = np.arange(design.speakers) % design.folds
    effects = sets + _halves(design.speaker, design.speakers, design.sets, rng)
    effects = effects + _halves(design.fold, design.folds, design.sets, rng)[fold]
    speaker = np.repeat(np.arange(design.speakers), UTTERANCES)
    common, own = rng.normal(size=(len(speaker), 1)), rng.normal(size=(len(speaker), design.sets))
    noise = NOISE * (np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own)
    differences = pd.DataFrame(effects[speaker] + noise, columns=list("abcd"[: design.sets]))
    given = speaker_differences(differences, speaker, fold[speaker], np.zeros(len(speaker)))
    rows = predict_new_speakers(given, MARGIN, ALPHA)[: design.sets]
    new = np.hypot(design.speaker, design.fold)
    found = []
    for row, truth in zip(rows, sets, strict=True):
        true = stats.norm(truth, max(new, 1e-12))
        found.append(
            {
                "bias": row["mean"] - truth,
                "wrong": not row["low"] <= truth <= row["high"],
                "covered": true.cdf(row["new_high"]) - true.cdf(row["new_low"]),
                "within": row["p_within"],
                "truth": true.cdf(MARGIN) - true.cdf(-MARGIN),
            }
        )
    return {name: float(np.mean([row[name] for row in found])) for name in found[0]}


def _halves(deviation: float, groups: int, sets: int, rng: np.random.Generator) -> np.ndarray:
    """Effects of some groups on each set: half of the variance is common to the sets."""
    common, own = rng.normal(size=(groups, 1)), rng.normal(size=(groups, sets))
    return deviation * np.sqrt(0.5) * (common + own)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    heads = ["speakers", "folds", "sets", "set", "speaker", "fold", "bias [points]",
             "95 % interval misses the mean", "95 % interval holds a new speaker",
             "P(within 2 points), predicted", "true"]  # fmt: skip
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for design in DESIGNS:
        rng = np.random.default_rng(given.seed)
        table = pd.DataFrame([study(design, rng) for _ in range(given.studies)]).mean()
        cells = [str(design.speakers), str(design.folds), str(design.sets)]
        cells += [f"{value:.2f}".lstrip("0") if value else "0"
                  for value in (design.set, design.speaker, design.fold)]  # fmt: skip
        cells += [f"{100 * table['bias']:+.2f}"]
        cells += [f"{100 * table[name]:.1f} %" for name in ("wrong", "covered")]
        cells += [f"{table[name]:.2f}".lstrip("0") for name in ("within", "truth")]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
