"""The folds that EmoBox defines for many corpora (Ma et al., 2024), from its lists."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from emofusion.errors import DataError
from emofusion.splits import UNUSED
from emofusion.splits.groups import development_groups, groups_of, with_development

log = logging.getLogger(__name__)

SPLITS = {
    "emobox": {
        "settings": "by folds",
        "lists": "fold_*/*.jsonl",
        "development": "group random",
        "says": "the folds of EmoBox; where they have no development partition, it is taken from "
        "training",
    }
}

PARTITIONS = {"train": "train", "valid": "dev", "test": "test"}
"""{partition in the file names of EmoBox: name of the partition here}"""
EXAMPLES = 5  # keys in a message


def emobox(
    pool: pd.DataFrame,
    fold: int,
    *,
    seed: int,
    development: str,
    by: str,
    folds: str | None,
    **_: Any,
) -> np.ndarray:
    """The partitions of a fold of EmoBox; utterances that it does not list are unused.

    An utterance is found by the last folder and the name of its file, or by its id. The log names
    keys that belong to no utterance.

    Args:
        pool: columns utterance_id, audio_path, video_path, label, speaker and that of the groups.
        fold: number of the fold.
        seed: seed of the development partition.
        development: as in `splits.groups.group`, where the fold has no development partition.
        by: column with the groups.
        folds: EmoBox's folder of the corpus, with fold_1, fold_2 and so on.

    Returns:
        The partition of each utterance, [n] of train, dev, test, unused.

    Raises:
        DataError: a list is missing or malformed, or none of its keys is an utterance.
    """
    rows = _rows_by_name(pool)
    partition = np.full(len(pool), UNUSED, "<U6")
    unknown, listed = [], 0
    for key, names, name in _listed(Path(folds or ""), fold):
        listed += 1
        row = next((rows[one] for one in names if one in rows), None)
        if row is None:
            unknown.append(key)
        else:
            partition[row] = name
    if len(unknown) == listed:
        raise DataError(
            f"splits.folds: none of the {listed} keys of fold {fold} in {folds} "
            f"({', '.join(unknown[:EXAMPLES])}) is an utterance of this corpus; name the folder of "
            "this corpus"
        )
    if unknown:
        log.warning(
            "%d of %d keys of fold %d belong to no utterance that is used: %s%s",
            len(unknown), listed, fold, ", ".join(unknown[:EXAMPLES]),
            ", ..." if len(unknown) > EXAMPLES else "",
        )  # fmt: skip
    if "dev" in partition:
        return partition
    groups = development_groups(pool, groups_of(pool, by))
    return with_development(partition, pool, groups, development, seed)


def _rows_by_name(pool: pd.DataFrame) -> dict[str, int]:
    """{name: row} by id, and by the last folder and name of each file."""
    found = {}
    for row, one in enumerate(pool[["utterance_id", "audio_path", "video_path"]].itertuples()):
        found[one.utterance_id] = row
        found |= {_tail(path): row for path in (one.audio_path, one.video_path) if path}
    return found


def _tail(path: str) -> str:
    return "/".join(PurePosixPath(path).parts[-2:])


def _listed(folder: Path, fold: int) -> Iterator[tuple[str, list[str], str]]:
    """Key, possible names of the utterance, and partition of each line of a fold's lists."""
    place = folder / f"fold_{fold}"
    for word, name in PARTITIONS.items():
        paths = sorted(place.glob(f"*_{word}_fold_{fold}.jsonl"))
        if not paths and word != "valid":
            raise DataError(
                f"splits.folds: {place}: no list *_{word}_fold_{fold}.jsonl; expected a folder "
                "such as data/ravdess of EmoBox"
            )
        for path in paths:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    entry = json.loads(line)
                    key = entry["key"]
                    own = key.removeprefix(f"{entry['dataset']}-")
                    names = [_tail(entry["wav"]), own]
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise DataError(
                        f"{path}, line {number}: {error}; expected JSON with key, dataset and wav"
                    ) from None
                yield key, names, name
