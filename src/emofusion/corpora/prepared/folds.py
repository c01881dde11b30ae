"""The layout of the baselines' prepared folds; light, since every start imports it."""

import hashlib
from functools import cache
from pathlib import Path

from emofusion.errors import DataError
from emofusion.schemas import PARTITIONS

FOLDS_NAME = "seven_category_120"
FRAME_ARRAYS = {"audio": ("audio_mfcc", "audio_seqN"), "vision": ("video", "video_seqN")}
PROSODY_ARRAY = "audio_prosody"
EMBEDDING = "W_embedding.npy"
NEEDED_ARRAYS = ["label", "nlp_trans", *(name for names in FRAME_ARRAYS.values() for name in names)]

EDGE = 64 * 1024  # bytes at either end of an array


def fold_folders(root: Path) -> dict[int, Path]:
    """{fold: its folder}, found in `root`, `root/folds` or `root/seven_category_120/folds`.

    Only names are looked at, since the workflow asks at every start.

    Raises:
        DataError: no fold, or one that lacks a file that every run needs.
    """
    for place in (root, root / "folds", root / FOLDS_NAME / "folds"):
        folders = {
            number: folder
            for number in range(1, 6)
            if (folder := place / f"fold0{number}").is_dir()
        }
        if folders:
            for folder in folders.values():
                _check_complete(folder)
            return folders
    raise DataError(
        f"{root}: no prepared folds here; expected the folders fold01 ... fold05, or `folds` or "
        f"{FOLDS_NAME}/folds that hold them. Name that folder"
    )


@cache
def folds_fingerprint(root: Path) -> str:
    """SHA-256 of what the pipeline reads of prepared folds; their location does not matter.

    Name and size of every array count, and its first and last 64 KiB: the workflow asks at every
    start. A process looks only once.

    Raises:
        DataError: no prepared folds at `root`.
    """
    digest = hashlib.sha256()
    for folder in fold_folders(root).values():
        arrays = [
            array_path(folder, part, name)
            for part in PARTITIONS
            for name in (*NEEDED_ARRAYS, PROSODY_ARRAY)
        ]
        for path in [*filter(Path.is_file, arrays), embedding_path(folder)]:
            size = path.stat().st_size
            digest.update(f"{folder.name}/{path.name}\t{size}\n".encode())
            with path.open("rb") as file:
                digest.update(file.read(EDGE))
                file.seek(max(size - EDGE, 0))
                digest.update(file.read(EDGE))
    return digest.hexdigest()


def array_path(folder: Path, partition: str, name: str) -> Path:
    """File of one kind of array, such as "label", of a partition."""
    return folder / f"{partition}_{name}.npy"


def embedding_path(folder: Path) -> Path:
    """File of a fold's word vectors: with the fold, with all folds, or above these."""
    places = [folder, *folder.absolute().parents[:2]]
    for path in (place / EMBEDDING for place in places):
        if path.is_file():
            return path
    raise DataError(
        f"{folder}: no {EMBEDDING}, neither here nor in the two folders above; copy the prepared "
        "features again, with what their links point to"
    )


def _check_complete(folder: Path) -> None:
    for path in (array_path(folder, part, name) for part in PARTITIONS for name in NEEDED_ARRAYS):
        if not path.is_file():
            raise DataError(f"{path}: no such file; copy the prepared features again, whole folds")
    embedding_path(folder)
