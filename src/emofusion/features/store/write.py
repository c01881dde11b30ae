"""Feature files and their manifests, written whole or not at all."""

import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from emofusion.errors import LOCKED, DataError
from emofusion.features.store.read import RaggedStore
from emofusion.files import replacing

log = logging.getLogger(__name__)

REPORT_EVERY = 500  # utterances


def write_ragged(
    path: Path,
    ids: Sequence[str],
    lengths: Sequence[int],
    sequences: Iterable[np.ndarray],
    dim: int,
    attributes: Mapping[str, Any],
) -> None:
    """Write a feature file and its manifest, whole or not at all, one sequence after the other.

    Args:
        path: the .h5 file to write.
        ids: the utterances, none twice.
        lengths: frames of each.
        sequences: [frame, dim] of each, in the same order.
        dim: features of a frame.
        attributes: texts and numbers that say how the values were made.

    Raises:
        DataError: an id that occurs twice, or a sequence of another size or with values that
            are not finite.
    """
    total = int(np.sum(lengths, dtype=np.int64))
    with _feature_file(path, ids, lengths, dim, attributes) as (file, digest):
        values = file.create_dataset("values", (total, dim), np.float32)
        end = 0
        rows = zip(ids, lengths, sequences, strict=True)
        for number, (utterance, length, sequence) in enumerate(rows, 1):
            _check(path, utterance, sequence, (length, dim))
            start, end = end, end + length
            values[start:end] = sequence
            digest.update(np.ascontiguousarray(sequence, np.float32))
            if number % REPORT_EVERY == 0 or number == len(ids):
                log.info("%s: %d of %d utterances", path.name, number, len(ids))


def write_tokens(
    path: Path,
    ids: Sequence[str],
    tokens: Sequence[np.ndarray],
    words: Sequence[str],
    embedding: np.ndarray,
    attributes: Mapping[str, Any],
) -> None:
    """Write a text feature file and its manifest, whole or not at all.

    Args:
        path: the .h5 file to write.
        ids: the utterances, none twice.
        tokens: [word] of each utterance, rows of the embedding.
        words: the word of each row of the embedding.
        embedding: word vectors [type, width].
        attributes: texts and numbers that say how the tokens and vectors were made.

    Raises:
        DataError: an id that occurs twice, a token without a row, or values that are not
            finite.
    """
    if embedding.shape[0] != len(words) or not np.isfinite(embedding).all():
        raise DataError(
            f"{path}: expected {len(words)} finite word vectors, found {embedding.shape[0]} rows"
        )
    lengths = [len(sequence) for sequence in tokens]
    joined = np.concatenate([np.zeros(0, np.int32), *tokens]).astype(np.int32)
    if joined.size and not 0 <= joined.min() <= joined.max() < len(words):
        raise DataError(f"{path}: a token has no word vector; expected 0 ... {len(words) - 1}")
    embedding = np.ascontiguousarray(embedding, np.float32)
    with _feature_file(path, ids, lengths, embedding.shape[1], attributes) as (file, digest):
        file["tokens"] = joined
        file["embedding"] = embedding
        file.create_dataset("words", data=list(words), dtype=h5py.string_dtype())
        digest.update(json.dumps(list(words)).encode())
        digest.update(joined)
        digest.update(embedding)


def join_shards(path: Path, shards: Sequence[Path], ids: Sequence[str]) -> None:
    """Write a feature file, and its manifest, that shows some utterances of other feature files.

    Args:
        path: the .h5 file to write.
        shards: feature files that `write_ragged` wrote; they must stay where they are, relative to
            `path`.
        ids: the utterances to show, in this order.

    Raises:
        DataError: shards that were made in different ways or have changed since, or an utterance
            that is in none of them.
    """
    manifests = [json.loads(shard.with_suffix(".json").read_text("utf-8")) for shard in shards]
    dim, attributes = manifests[0]["dim"], manifests[0]["attributes"]
    spans: dict[str, tuple[int, int]] = {}
    layout = h5py.VirtualLayout((sum(m["frames"] for m in manifests), dim), np.float32)
    start = 0
    for shard, manifest in zip(shards, manifests, strict=True):
        if (manifest["dim"], manifest["attributes"]) != (dim, attributes):
            raise DataError(
                f"{shard}: was not made like {shards[0]}; delete both to have them extracted again"
            )
        store = RaggedStore(shard)
        _verify(store, manifest["sha256"])
        lengths, frames = store.lengths.tolist(), manifest["frames"]
        offsets = start + np.cumsum(store.lengths) - store.lengths
        spans.update(zip(store.ids, zip(offsets.tolist(), lengths, strict=True), strict=True))
        if frames:
            name = os.path.relpath(shard, path.parent)
            layout[start : start + frames] = h5py.VirtualSource(name, "values", (frames, dim))
        start += frames
    missing = [utterance for utterance in ids if utterance not in spans]
    if missing:
        raise DataError(f"{path}: no shard has features of {missing[0]}; extract them again")
    offsets, lengths = (np.array([spans[i][n] for i in ids], np.int64) for n in (0, 1))
    hashes = [manifest["sha256"] for manifest in manifests]
    with _feature_file(path, ids, lengths, dim, attributes, offsets) as (file, digest):
        # Without a shard, readers other than ours see NaN; HDF5 would give zeros.
        file.create_virtual_dataset("values", layout, fillvalue=np.nan)
        file.attrs["shards"] = json.dumps(hashes)
        digest.update(json.dumps(hashes).encode())


def package_versions(*packages: str) -> str:
    """Installed versions, as text for the attribute `packages` of a feature file."""
    return ", ".join(f"{package} {version(package)}" for package in sorted({*packages, "h5py"}))


def _verify(store: RaggedStore, expected: str) -> None:
    """Read a file of `write_ragged` once, and compare it with the hash in its manifest."""
    digest = hashlib.sha256(json.dumps([store.ids, store.lengths.tolist(), store.dim]).encode())
    for utterance in store.ids:
        digest.update(np.ascontiguousarray(store[utterance]).data)
    if digest.hexdigest() != expected:
        raise DataError(
            f"{store.path}: is damaged, its content has the hash {digest.hexdigest()[:12]} and its "
            f"manifest says {expected[:12]}; delete it to have it extracted again"
        )


@contextmanager
def _feature_file(
    path: Path,
    ids: Sequence[str],
    lengths: Sequence[int] | np.ndarray,
    dim: int,
    attributes: Mapping[str, Any],
    offsets: np.ndarray | None = None,
) -> Iterator[tuple[h5py.File, Any]]:
    """Yield a new file with its index, and a digest; the caller adds the values to both.

    Afterwards the hash and the manifest are written.
    """
    if path.suffix == ".json":
        raise DataError(
            f"{path}: this is the name of the manifest; name the feature file <name>.h5"
        )
    if len(set(ids)) != len(ids):
        twice = Counter(ids).most_common(1)[0][0]
        raise DataError(f"{path}: {twice} is listed more than once among the utterances")
    sizes = np.asarray(lengths, np.int64)
    digest = hashlib.sha256(json.dumps([list(ids), sizes.tolist(), dim]).encode())
    with replacing(path) as beside, _created(beside) as file:
        file.create_dataset("ids", data=list(ids), dtype=h5py.string_dtype())
        file["lengths"] = sizes
        file["offsets"] = np.cumsum(sizes) - sizes if offsets is None else offsets
        yield file, digest
        file.attrs.update({**attributes, "sha256": digest.hexdigest()})
    manifest = {
        "sha256": digest.hexdigest(),
        "utterances": len(ids),
        "frames": int(sizes.sum()),
        "dim": dim,
        # Training depends on the manifest: equal content from other packages or another machine
        # retrains nothing.
        "attributes": {
            key: value for key, value in attributes.items() if key not in ("machine", "packages")
        },
    }
    with replacing(path.with_suffix(".json")) as beside:
        beside.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _created(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "w")
    except OSError as error:
        if "unable to lock file" in str(error):
            raise DataError(f"{path}: {LOCKED}") from None
        raise


def _check(path: Path, utterance: str, sequence: np.ndarray, shape: tuple[int, int]) -> None:
    if sequence.ndim != 2 or sequence.shape[1] != shape[1]:
        raise DataError(
            f"{path}: {utterance} has features of shape {sequence.shape}, expected "
            f"(frames, {shape[1]}); give every frame the same features"
        )
    if len(sequence) != shape[0]:
        raise DataError(
            f"{path}: {utterance} has features of shape {sequence.shape}, expected {shape} from "
            "its length; give the lengths that the sequences have (for a recording: was it changed "
            "after the probe?)"
        )
    with np.errstate(over="ignore"):
        finite = np.isfinite(sequence.astype(np.float32)).all()
    if not finite:
        raise DataError(f"{path}: {utterance} has features that are not finite numbers (float32)")
