"""Folds. A file lists its schemes in the dict `SPLITS` and defines a function for each.

    scheme(pool, fold, *, n_folds, seed, development) -> [n] of train, dev, test, unused

`pool` has the columns of the utterance table, with the class as `label`. Facts of a scheme:
`folds`, how many there are (a number, sessions or speakers; empty: n_folds); `draws_over`, what is
partitioned: selected (only utterances that are used), labelled (all of the configured classes),
method (the labelled ones in dialogs of the configured method); `settings`: further settings that
the function is given, such as `by`; `development`: the values of that setting that it knows, empty
if it reads none; `repeats`: whether another seed gives other folds, so that `splits.repeats` can
draw them several times; `lists`: the files that it reads below the folder `splits.folds`, as a
pattern; `says`: a sentence for the report.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from emofusion.characters import plain_text
from emofusion.corpora.labels import classes_of
from emofusion.errors import DataError
from emofusion.registry import find, function_of
from emofusion.schemas import PARTITIONS

UNUSED = "unused"


def split(
    utterances: pd.DataFrame,
    selected: pd.DataFrame,
    fold: int,
    *,
    scheme: str,
    labels: Sequence[str],
    min_class_size: int,
    method: str,
    n_folds: int,
    seed: int,
    development: str,
    unseen_lines: bool,
    repeats: int = 1,
    by: str = "speaker",
    folds: str | None = None,
    files: Sequence[str] = (),
) -> pd.DataFrame:
    """Partition the selected utterances for one fold.

    Some schemes draw over every utterance of the configured classes, in the order of the table.
    An utterance that was excluded because of missing data still uses its random number, so that the
    partitions of the others do not change.

    Args:
        utterances: the whole utterance table.
        selected: the utterances that are used, with their class as `label`.
        fold: its number, 1 to n_folds; with repeats those of the second draw follow, and so on.
        scheme: a name that a file registers in `SPLITS`.
        labels, min_class_size: the configured classes.
        method: all, scripted or improvised: the dialogs that are used.
        n_folds, repeats, seed, development, by, folds: settings of the scheme.
        unseen_lines: whether scripted test utterances whose words occur in training are left out.
        files: files outside the package.

    Returns:
        utterance_id, partition (train, dev, test, unused) and label of every selected utterance, in
        the order of the table.

    Raises:
        DataError: a partition is empty, or the corpus has no such fold.
    """
    definition = find("SPLITS", files)[scheme]
    pools = {"selected": selected, "labelled": utterances, "method": utterances}
    pool = pools[definition.facts["draws_over"]]
    if definition.facts["draws_over"] == "method" and method != "all":
        pool = pool[pool["method"] == method]
    if pool is not selected:
        classes = classes_of(pool["label"], labels, min_class_size)
        pool = pool.assign(label=classes)[classes != ""]
    draw = function_of("SPLITS", scheme, files)
    drawn_anew = definition.facts["repeats"]
    repetition, within = divmod(fold - 1, n_folds) if drawn_anew else (0, fold - 1)
    if repetition:
        seed = int(np.random.SeedSequence([seed, repetition]).generate_state(1)[0])
    given = {"by": by, "folds": folds, "repeats": repeats}
    further = {name: given[name] for name in definition.facts["settings"].split()}
    drawn = draw(pool, within + 1, n_folds=n_folds, seed=seed, development=development, **further)
    partition = pd.Series(drawn, index=pool["utterance_id"])
    table = selected[["utterance_id", "label"]].copy()
    table.insert(1, "partition", partition.reindex(table["utterance_id"]).to_numpy())
    if unseen_lines:
        table.loc[_spoken_in_training(table, selected), "partition"] = UNUSED
    _check(table, selected, fold)
    return table


def prepared_split(table: pd.DataFrame, selected: pd.DataFrame, fold: int) -> pd.DataFrame:
    """The partitions that a prepared fold brings, of the selected utterances, in their order.

    Args:
        table: utterance_id and partition of the fold.
        selected: the utterances that are used, with their class as `label`.
        fold: number of the fold.

    Raises:
        DataError: the fold lacks a selected utterance, or a partition is empty.
    """
    partition = table.set_index("utterance_id")["partition"]
    missing = selected["utterance_id"][~selected["utterance_id"].isin(partition.index)]
    if len(missing):
        raise DataError(
            f"Fold {fold} lacks {len(missing)} utterances of other folds, the first is "
            f"{missing.iloc[0]}; the folds are from different sets, name a `corpus` with one set"
        )
    found = selected[["utterance_id", "label"]].copy()
    found.insert(1, "partition", partition[found["utterance_id"]].to_numpy())
    _check(found, selected, fold)
    return found


def _check(table: pd.DataFrame, selected: pd.DataFrame, fold: int) -> None:
    """Every selected utterance is in exactly one partition, and none of the three is empty."""
    assert list(table["utterance_id"]) == list(selected["utterance_id"])
    known = table["partition"].isin([*PARTITIONS, UNUSED])
    if not known.all():
        first = table[~known].iloc[0]
        raise DataError(
            f"Fold {fold}: {first['utterance_id']} is in the partition {first['partition']!r}, "
            f"expected one of {', '.join(PARTITIONS)} and {UNUSED}; see the scheme's function"
        )
    empty = [name for name in PARTITIONS if name not in set(table["partition"])]
    if empty:
        raise DataError(
            f"Fold {fold} has no {' and no '.join(empty)} utterance among {len(table)}; "
            "make the corpus larger, or see `splits` in the configuration"
        )


def same_words(transcripts: pd.Series) -> pd.Series:
    """Transcripts without case and punctuation, to compare what was said."""
    words = re.compile(r"\w+(?:'\w+)*")
    return transcripts.map(lambda text: " ".join(words.findall(plain_text(text).lower())))


def _spoken_in_training(table: pd.DataFrame, selected: pd.DataFrame) -> np.ndarray:
    """Scripted test utterances whose words occur in training."""
    words = same_words(selected["transcript"]).to_numpy()
    training = set(words[(table["partition"] == "train").to_numpy()])
    scripted = (selected["method"] == "scripted").to_numpy()
    return scripted & (table["partition"] == "test").to_numpy() & np.isin(words, list(training))
