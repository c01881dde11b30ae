"""The baselines' prepared feature folds as a table of utterances and partitions."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from emofusion.corpora.iemocap.known import LABEL_COUNTS
from emofusion.corpora.prepared.arrays import labels_of, read_frames, tokens_in, words_of
from emofusion.corpora.prepared.folds import (
    FRAME_ARRAYS,
    fold_folders,
)
from emofusion.errors import DataError
from emofusion.features.store.write import (
    REPORT_EVERY,
)
from emofusion.schemas import PARTITIONS, PREPARED, UNKNOWN, UTTERANCES

log = logging.getLogger(__name__)

IEMOCAP_COUNTS = {
    label: LABEL_COUNTS[label] for label in ("ang", "exc", "hap", "sad", "fru", "sur", "neu")
}
"""Utterances of the seven classes in the IEMOCAP release; no two are equal."""

NOT_KNOWN = UNKNOWN | {"session": 0}


def read_folds(
    root: Path, *, class_order: Sequence[str] | None = None
) -> tuple[pd.DataFrame, dict[int, pd.DataFrame]]:
    """Read prepared folds into one utterance table and the published partitions.

    Every fold holds all utterances, but without ids. An id is therefore made from the content:
    `yoon_` and 16 hexadecimal digits of the SHA-256 of the words, the valid audio and video frames
    as float32, and the label. Rows of a fold with equal content are numbered: the second id ends in
    `_2`. No model can distinguish such rows, so their order may differ between folds.

    An utterance without a video frame is listed like any other, whatever its row: `video_frames` is
    0, and the probe decides on it. (The paper's code drops these, unless the only one of a
    partition is in row 0; the baselines keep them.)

    Args:
        root: the prepared folds, see `fold_folders`.
        class_order: names of the classes by label number; None: recovered from their counts.

    Returns:
        The utterance table and {fold: its partitions}. The utterance table is in the order of the
        first fold's train, dev and test rows. It has the columns `UTTERANCES`, of which only
        utterance_id and label are filled in, and `PREPARED`: `fold`, `partition`, `row` (first
        occurrence in the arrays, from 0), `tokens`, `audio_frames`, `video_frames` (valid frames).
        The table of a fold has utterance_id, partition and label, in the order of its rows.

    Raises:
        DataError: a file is missing, malformed or inconsistent with the others, or the order of
            the classes cannot be recovered.
    """
    opened = {
        fold: {name: _open_partition(folder, name) for name in PARTITIONS}
        for fold, folder in fold_folders(root).items()
    }
    _check_widths(opened)
    classes = _class_names({fold: _counts(parts) for fold, parts in opened.items()}, class_order)
    rows: dict[str, dict] = {}
    folds = {}
    for fold, parts in opened.items():
        members = []
        for utterance, name, row in _identify(fold, parts):
            label = classes[parts[name].labels[row]]
            members.append((utterance, name, label))
            if utterance not in rows:
                known = {"utterance_id": utterance, "label": label}
                place = {"fold": fold, "partition": name, "row": row}
                rows[utterance] = {**NOT_KNOWN, **known, **place, **parts[name].sizes(row)}
        folds[fold] = pd.DataFrame(members, columns=["utterance_id", "partition", "label"])
    _warn_of_differences(folds)
    return pd.DataFrame(list(rows.values()), columns=[*UTTERANCES, *PREPARED]), folds


def class_order(
    counts: Mapping[int, int], expected: Mapping[str, int] = IEMOCAP_COUNTS
) -> list[str]:
    """Names of the classes by label number, from how many utterances a whole fold has of each.

    The order is not documented; it can be recovered because no two counts are equal.

    Args:
        counts: {label number: utterances}.
        expected: {name: utterances}.

    Raises:
        DataError: the counts are not exactly the expected ones, or two of these are equal.
    """
    names = {count: name for name, count in expected.items()}
    unequal = sorted(counts.values()) != sorted(expected.values())
    if unequal or len(names) != len(expected) or set(counts) != set(range(len(expected))):
        raise DataError(
            "The counts do not show the order of the classes: found by label number "
            f"{dict(sorted(counts.items()))}, expected numbers from 0 with the counts "
            f"{dict(expected)} in any order, all different; set `class_order` in the configuration"
        )
    return [names[counts[number]] for number in range(len(expected))]


@dataclass(frozen=True)
class _Partition:
    """Labels [n] and words [n, word] in memory; {modality: (mapped array, valid frames [n])}."""

    labels: np.ndarray
    words: np.ndarray
    frames: dict[str, tuple[np.ndarray, np.ndarray]]

    def identity(self, row: int) -> str:
        """Id of an utterance from its content, alike on every machine and for every padding."""
        parts = [np.asarray(tokens_in(self.words[row]), "<i4")]
        parts += [
            np.ascontiguousarray(array[row, : lengths[row]], "<f4")
            for array, lengths in self.frames.values()
        ]
        shapes = [part.shape for part in parts]
        digest = hashlib.sha256(json.dumps([int(self.labels[row]), shapes]).encode())
        for part in parts:
            digest.update(part.data)
        return f"yoon_{digest.hexdigest()[:16]}"

    def sizes(self, row: int) -> dict[str, int]:
        return {
            "tokens": len(tokens_in(self.words[row])),
            "audio_frames": int(self.frames["audio"][1][row]),
            "video_frames": int(self.frames["vision"][1][row]),
        }


def _identify(fold: int, partitions: Mapping[str, _Partition]) -> Iterator[tuple[str, str, int]]:
    """Id, partition and row of each utterance of a fold, equal ones numbered."""
    total = sum(len(partition.labels) for partition in partitions.values())
    seen: Counter[str] = Counter()
    done = 0
    for name, partition in partitions.items():
        for row in range(len(partition.labels)):
            content = partition.identity(row)
            seen[content] += 1
            done += 1
            yield content if seen[content] == 1 else f"{content}_{seen[content]}", name, row
            if done % REPORT_EVERY == 0 or done == total:
                log.info("fold %d: %d of %d utterances", fold, done, total)
    if len(seen) < total:
        log.warning("fold %d: %d utterances repeat the content of another", fold, total - len(seen))


def _open_partition(folder: Path, partition: str) -> _Partition:
    return _Partition(
        labels=labels_of(folder, partition),
        words=words_of(folder, partition),
        frames={modality: read_frames(folder, partition, modality) for modality in FRAME_ARRAYS},
    )


def _check_widths(opened: Mapping[int, Mapping[str, _Partition]]) -> None:
    for modality in FRAME_ARRAYS:
        widths = {
            f"fold {fold}, {name}": partition.frames[modality][0].shape[2]
            for fold, parts in opened.items()
            for name, partition in parts.items()
        }
        (first, width), *others = widths.items()
        for place, other in others:
            if other != width:
                raise DataError(
                    f"{modality} features are {width} wide in {first} and {other} in {place}; "
                    "these folds are not of one set"
                )


def _counts(parts: Mapping[str, _Partition]) -> Counter[int]:
    """Utterances of a fold by label number."""
    return Counter(np.concatenate([partition.labels for partition in parts.values()]).tolist())


def _class_names(counts: Mapping[int, Counter], given: Sequence[str] | None) -> list[str]:
    if given is None:
        (first, names), *others = [
            (fold, class_order(count, IEMOCAP_COUNTS)) for fold, count in counts.items()
        ]
        for fold, other in others:
            if other != names:
                raise DataError(
                    f"Folds {first} and {fold} number the classes differently: {names}, {other}; "
                    "these folds are not of one set"
                )
        return names
    numbers = sorted(set().union(*counts.values()))
    if len(set(given)) != len(given) or numbers != list(range(len(given))):
        raise DataError(
            f"`class_order` in the configuration is {list(given)}; expected one name for each of "
            f"the label numbers found, {numbers}, from 0 and none twice"
        )
    return list(given)


def _warn_of_differences(folds: Mapping[int, pd.DataFrame]) -> None:
    (first, table), *others = folds.items()
    known = set(table["utterance_id"])
    for fold, other in others:
        differing = len(known ^ set(other["utterance_id"]))
        if differing:
            log.warning(
                "%d utterances are in only one of the folds %d and %d; expected the same in all",
                differing,
                first,
                fold,
            )
