"""The paper's claims about systems on different inputs, tested like all other comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from emofusion.evaluation.comparison import (
    Name,
    Options,
    Pair,
    SystemPredictions,
    compare_systems,
)
from emofusion.evaluation.published import results
from emofusion.printed import CLAIMS
from emofusion.schemas import CLAIMED

A, B = "a", "b"


def compare_claims(
    systems: Mapping[Name, SystemPredictions],
    selected: pd.DataFrame,
    leakage: pd.DataFrame,
    options: Options,
    files: Sequence[str] = (),
) -> pd.DataFrame:
    """Test every claim of the paper whose two systems were run; Holm's family is these claims.

    The tests are those of `compare`: paired by fold, speaker or cluster, on the utterances that
    both systems were tested on.

    Args:
        systems: {(model, modalities): system}.
        selected: the selected utterances.
        leakage: what training shares with the test partitions.
        options: levels, margins and draws; a primary endpoint is no claim.
        files: files outside the package that may define tests.

    Returns:
        Columns as in `schemas.CLAIMED`. `paper` is the difference of the printed means.
    """
    tested = [claim for claim in CLAIMS if {claim.a, claim.b} <= systems.keys()]
    # `compare` compares models on one set of modalities: here a claim takes the place of the set.
    names = [str(number) for number in range(len(tested))]
    sides = {
        (side, name): systems[system]
        for name, claim in zip(names, tested, strict=True)
        for side, system in ((A, claim.a), (B, claim.b))
    }
    chosen = [Pair("claims", name, A, B) for name in names]
    without_endpoint = replace(options, primary=None)
    _, verdicts = compare_systems(sides, selected, leakage, without_endpoint, files, chosen)
    printed = results().drop_duplicates(["model", "modalities", "metric"])
    means = printed.set_index(["model", "modalities", "metric"])["mean"]
    rows = []
    for row in verdicts.to_dict("records"):
        claim = tested[int(row["modalities"])]
        paper = [means.get((*system, row["metric"]), float("nan")) for system in (claim.a, claim.b)]
        systems_of = {
            f"{name}_{side}": value
            for side, system in ((A, claim.a), (B, claim.b))
            for name, value in zip(("model", "modalities"), system, strict=True)
        }
        rows.append({"claim": claim.text, **row, **systems_of, "paper": paper[0] - paper[1]})
    return pd.DataFrame(rows, columns=CLAIMED)
