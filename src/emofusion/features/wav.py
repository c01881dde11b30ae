"""What a wav file holds, and whether it is whole."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import soundfile

from emofusion.errors import DataError, kind_of

BYTE_ORDERS = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<", b"BW64": "<"}
IN_DS64 = 0xFFFFFFFF  # in place of a length that 32 bits cannot hold; the chunk ds64 has it
PLACEHOLDER_LENGTH = 0x7FFF0000  # a program that writes to a pipe puts a larger length


class Chunk(NamedTuple):
    """A part of a wav file: its name, where its content starts, and the length it promises."""

    name: bytes
    start: int
    size: int


def wav_header(path: Path) -> tuple[int, int]:
    """Samples and sample rate [Hz] of a complete wav file.

    libsndfile reads truncated files without an error. This function checks that every chunk has the
    length in its header and that the file ends with the last chunk. It ignores the file length in
    the RIFF header, which is often wrong.

    Raises:
        DataError: not a wav file, or one that is cut off or does not say how long its sound is.
    """
    try:
        with path.open("rb") as file:
            _check_whole(file, path)
        header = soundfile.info(path)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); change its permissions"
        ) from None
    except soundfile.LibsndfileError as error:
        raise DataError(
            f"{path}: not a readable wav file ({error.error_string}); convert it to 16-bit PCM, or "
            "copy or unpack it again"
        ) from None
    return header.frames, header.samplerate


def _check_whole(file: BinaryIO, path: Path) -> None:
    size, start = os.fstat(file.fileno()).st_size, file.read(12)
    if start[:4] not in BYTE_ORDERS or start[8:] != b"WAVE":
        kind = kind_of(path)
        found = f"it begins with {start!r}" if kind in ("binary data", "text") else f"it is {kind}"
        raise DataError(
            f"{path}: not a readable wav file ({found}, expected RIFF and WAVE); convert it to "
            "wav, or copy or unpack it again"
        )
    sound = None
    for chunk in _chunks(file, size, BYTE_ORDERS[start[:4]]):
        there = size - chunk.start
        is_chunk = all(32 <= letter < 127 for letter in chunk.name)
        endless = chunk.name == b"data" and chunk.size > max(there, PLACEHOLDER_LENGTH)
        if endless or (sound and sound.size == 0 and not is_chunk):
            raise DataError(
                f"{path}: its header does not say how long the sound is, as in a recording "
                "that was streamed or not finished; write it again with a length, for example with "
                "ffmpeg -i old.wav new.wav"
            )
        if is_chunk and chunk.size > there:
            raise DataError(
                f"{path}: cut off: its part {chunk.name.decode()!r} promises {chunk.size} bytes, "
                f"{there} are there; copy or unpack it again"
            )
        if not is_chunk or (sound and chunk.name in (b"data", *BYTE_ORDERS)):
            raise DataError(
                f"{path}: {there + 8} bytes from byte {chunk.start - 8} on are not part of the "
                "recording that its header describes; write it again, for example with "
                "ffmpeg -i old.wav new.wav"
            )
        if chunk.name == b"data":
            sound = chunk
    if sound is None:
        raise DataError(f"{path}: cut off before its sound; copy or unpack it again")


def _chunks(file: BinaryIO, size: int, order: str) -> Iterator[Chunk]:
    """Chunks of a file from byte 12 to its end; `size` is that of the file [bytes]."""
    position, in_ds64 = 12, IN_DS64
    while size - position >= 8:
        file.seek(position)
        name, length = struct.unpack(f"{order}4sI", file.read(8))
        if name == b"ds64":
            in_ds64 = int.from_bytes(file.read(16)[8:], "little")
        if name == b"data" and length == IN_DS64:
            length = in_ds64
        yield Chunk(name, position + 8, length)
        position += 8 + length + length % 2  # a pad byte makes lengths even
