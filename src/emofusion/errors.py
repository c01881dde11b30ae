"""Errors that users see, and texts that they share. No result depends on this module."""

from pathlib import Path

# Ends of messages: about a damaged feature file that the workflow made, and about a locked file.
AGAIN = "delete it to have it extracted again"
LOCKED = (
    "is locked: another program has it open. Close it there and start again. If no program has it "
    "open, its file system cannot lock: set the environment variable "
    "HDF5_USE_FILE_LOCKING=FALSE"
)

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
"""{first bytes: what the file is}"""


def kind_of(path: Path) -> str:
    """What a path leads to, in words for an error message, recognised by its first bytes.

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


class DataError(ValueError):
    """Input that the pipeline cannot use: names the file, what was found, what was expected."""
