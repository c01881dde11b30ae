"""Whole files or none, and what a file is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTS = {
    b"version https://git-lfs": "a Git LFS pointer (`git lfs pull` fetches the file)",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array (.npy)",
    b"PK\x03\x04": "a zip archive, as numpy.savez, torch.save and Excel write",
    b"\x80": "a pickle",
    b"\x1f\x8b": "a gzip archive",
    b"<": "a web page or another text with markup",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
"""What a file is by its first bytes."""


def kind_of(path: Path) -> str:
    """What a path leads to, in words for an error message, told from its first bytes.

    Raises:
        OSError: the file cannot be read.
    """
    if not path.exists():
        return "no such file"
    if path.is_dir():
        return "a folder"
    with path.open("rb") as file:
        start = file.read(512)
    if not start.strip(b"\0"):
        return "nothing but zero bytes" if start else "an empty file"
    for known, kind in STARTS.items():
        if start.startswith(known):
            return kind
    if start[8:9] == b"{" and b'"dtype"' in start:
        return "a safetensors file"
    return "binary data" if b"\0" in start else "text"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; it takes the place of `path` when the block ends well.

    An exception leaves `path` as it was and removes what was written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
