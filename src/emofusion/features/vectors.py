"""Word vectors as they are downloaded: text, plain, in .gz or in .zip; other files are refused.

The text formats of GloVe, word2vec and fastText are read: a line has a word and its numbers,
separated by blanks or tabs; the first line may hold the number of words and of numbers. The
workflow imports this module at its start, so it needs nothing but the standard library.
"""

import codecs
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from emofusion.errors import DataError

MIB = 1 << 20
BLOCK = 1 << 17  # small enough for a processor's cache
LARGEST = 3.4e38  # of float32
# None in a Python that was built without lzma.
_lzma: Any = vars(zipfile)["lzma"]
DAMAGED: tuple[type[Exception], ...] = (
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    *((_lzma.LZMAError,) if _lzma else ()),
)


def find_vectors(path: Path, vocabulary: Set[str], width: int) -> dict[str, list[float]]:
    """Vectors of those words of a vocabulary that a file knows, `width` numbers each.

    The file is read once, as a stream. Every line of its first MiB, the last line, and the
    lines of the vocabulary are checked. Words that hold blanks (GloVe's 840B release has a few) are
    skipped. If a word has several lines, the last counts.

    Raises:
        DataError: another kind of file, or a part of one; says what was found, where, and what to
            do.
    """
    wanted = {word.encode("utf-8", "surrogatepass"): word for word in vocabulary}
    vectors = {}
    with _opened(path, width) as (file, source):
        for first, lines in _blocks(file, source, width):
            for number, line in enumerate(lines, first):
                word = wanted.get(line[: line.find(b" ")])
                if word is not None:
                    vector = _vector_at(source, number, line, width)
                    if vector is not None:
                        vectors[word] = vector
    return vectors


def check_vectors(path: Path, width: int) -> None:
    """Check the first and last MiB of a file, or only the first if it is compressed.

    Raises:
        DataError: as `find_vectors`, as far as that can be seen there.
    """
    with _opened(path, width) as (file, source):
        head = file.read(MIB)
        _check_head(head, source, width)
        if isinstance(file, io.BufferedReader):
            file.seek(max(0, file.seek(0, io.SEEK_END) - MIB))
            _check_tail(file.read(), source, width)
        elif len(head) < MIB:
            _check_tail(head, source, width)


@contextmanager
def _opened(path: Path, width: int) -> Iterator[tuple[IO[bytes], str]]:
    """The text of a file, decompressed, and how to name it. Its content decides on the format."""
    try:
        with path.open("rb") as file:
            magic = file.peek(4)[:4]
            if magic.startswith(b"\x1f\x8b"):
                with gzip.open(file) as text:
                    yield cast(IO[bytes], text), str(path)
            elif magic in (b"PK\x03\x04", b"PK\x05\x06"):
                with zipfile.ZipFile(file) as archive:
                    name = _member(archive, path, width)
                    with archive.open(name) as text:
                        yield text, f"{path} ({name})"
            else:
                yield file, str(path)
    except DAMAGED as error:
        raise _damaged(path, error) from None
    except RuntimeError as error:  # of zipfile: a password or an unknown method
        raise DataError(
            f"{path}: cannot be unpacked here ({error}); unpack it with another program, and name "
            "the file with the vectors"
        ) from None
    except OSError as error:
        if error.errno is None:  # not of the system, but of bzip2
            raise _damaged(path, error) from None
        raise DataError(
            f"{path}: cannot be read ({error.strerror}){_inside(path)}; set `glove` in the "
            "configuration (--glove of predict) to a readable file of word vectors in text format"
        ) from None


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: is compressed, but cut off or damaged ({error}); download it again")


def _inside(path: Path) -> str:
    """Files of a folder that may be the ones meant."""
    if not path.is_dir():
        return ""
    kinds = (".txt", ".vec", ".gz", ".zip")
    names = sorted(entry.name for entry in path.iterdir() if entry.name.endswith(kinds))
    return f", it holds {', '.join(names[:5])}" if names else ", it holds no such file"


def _member(archive: zipfile.ZipFile, path: Path, width: int) -> str:
    """The only file of an archive, or the only one with vectors of this width."""
    names = [
        info.filename
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    found = names if len(names) == 1 else [n for n in names if _fits(archive, n, width)]
    if len(found) != 1:
        raise DataError(
            f"{path}: holds {', '.join(names[:8]) or 'no file'}; expected one file with a word and "
            f"{width} numbers on each line, found {len(found)}. Unpack it and name the file to read"
        )
    return found[0]


def _fits(archive: zipfile.ZipFile, name: str, width: int) -> bool:
    try:
        with archive.open(name) as file:
            _check_head(file.read(MIB), name, width)
    except (DataError, RuntimeError):
        return False
    return True


def _blocks(file: IO[bytes], source: str, width: int) -> Iterator[tuple[int, list[bytes]]]:
    """The lines in blocks, each with the number of its first line; the file is checked on the way.

    Tabs are replaced by blanks. A header is left out.
    """
    block = file.read(MIB)
    promised = _check_head(block, source, width)
    block = block.removeprefix(codecs.BOM_UTF8)
    before, rest, number, empty = b"", b"", 1, 0
    while block:
        lines = (rest + block.replace(b"\t", b" ")).split(b"\n")
        rest = lines.pop()
        if b"\0" in block or len(rest) > MIB:
            raise DataError(
                f"{source}, line {number} or one of the next {len(lines)}: zero bytes, or a line "
                "of more than 1 MiB, as in a download that did not finish; download it again"
            )
        empty += lines.count(b"") + lines.count(b"\r")
        header = number == 1 and promised is not None
        yield number + header, lines[header:]
        number += len(lines)
        following = file.read(BLOCK)
        if not following:
            _check_tail(before + block, source, width)
        before, block = block, following
    if rest.strip():
        yield number, [rest]
        number += 1
    found = number - 2 - empty
    if promised is not None and found != promised:
        raise DataError(
            f"{source}: its first line promises {promised} words, found {found}; cut off? Download "
            "it again, or correct the first line of a file that you changed"
        )


def _check_head(head: bytes, source: str, width: int) -> int | None:
    """Check the first lines of a file; return the number of words that its header promises."""
    head = head.removeprefix(codecs.BOM_UTF8)
    lines = head.split(b"\n")
    if len(lines) > 1:
        lines.pop()  # `_check_tail` looks at the last
    header = _header(lines[0], width)
    for number, line in enumerate(lines[header is not None :], 1 + (header is not None)):
        if line.strip():
            _vector_at(source, number, line, width, head)
    if not any(line.strip() for line in lines[header is not None :]):
        raise DataError(_diagnosis(source, "line 2: nothing follows its first line", head, width))
    if header is None:
        return None
    promised, numbers = header
    if numbers != width:
        raise DataError(
            f"{source}: its first line promises vectors of {numbers} numbers, found {width}; "
            "correct that line, or download the file again"
        )
    return promised


def _check_tail(tail: bytes, source: str, width: int) -> None:
    """Refuse a file that ends within a line; `tail` holds the last two lines at least."""
    lines = tail.rstrip().split(b"\n")[-2:]
    numbers = [field for line in lines for field in line.split()[1:][-width:]]
    whole = len(lines[-1].split()) > width and all(map(_is_number, numbers[-width:]))
    # Without a line end the last number may be cut: it then has fewer decimals than any other.
    places = [len(number.partition(b".")[2]) for number in numbers]
    if not whole or not (tail.endswith(b"\n") or places[-1] >= min(places[:-1], default=0)):
        raise DataError(
            f"{source}: its last line is not a word and {width} numbers up to a line end; it "
            f"begins with {_excerpt(lines[-1])}. Cut off? Download the file again"
        )


def _header(line: bytes, width: int) -> tuple[int, int] | None:
    """Number of words and of components, if a line holds these two."""
    fields = line.split()
    if len(fields) == 2 and all(map(bytes.isdigit, fields)) and (width > 1 or fields[1] == b"1"):
        return int(fields[0]), int(fields[1])
    return None


def _vector_at(
    source: str, number: int, line: bytes, width: int, head: bytes | None = None
) -> list[float] | None:
    """The vector of a line, None if its word holds blanks.

    Raises:
        DataError: the line holds no vector of this width; with `head`, the message also says which
            kind of file this seems to be.
    """
    try:
        return _vector(line, width)
    except ValueError as error:
        raise DataError(
            _diagnosis(
                source, f"line {number}: {error}; it begins with {_excerpt(line)}", head, width
            )
        ) from None


def _vector(line: bytes, width: int) -> list[float] | None:
    fields = line.split()
    if b"\r" in line.rstrip():
        raise ValueError("a carriage return within the line")
    if line[:1].isspace():
        raise ValueError("a blank in place of a word")
    if len(fields) != width + 1:
        count = _count_numbers(fields)
        if count == width:
            return None
        raise ValueError(f"a vector of {count} numbers, expected {width}")
    try:
        vector = [float(field) for field in fields[1:]]
    except ValueError as error:
        raise ValueError(f"not a word and its vector ({error})") from None
    if not sum(map(abs, vector)) < LARGEST:
        raise ValueError(f"the vector of {fields[0].decode(errors='replace')} is not finite")
    return vector


def _count_numbers(fields: list[bytes]) -> int:
    """Numbers at the end of a line, which begins with a word."""
    others = (n for n, field in enumerate(reversed(fields[1:])) if not _is_number(field))
    return next(others, max(0, len(fields) - 1))


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _excerpt(line: bytes) -> str:
    return repr(line[:40].decode("utf-8", "replace").strip())


def _diagnosis(source: str, problem: str, head: bytes | None, width: int) -> str:
    """What a file with a problem is, what was expected, and what to do.

    Args:
        source: the file, and its member.
        problem: the line, and what is wrong with it.
        head: the beginning of the file; None if that is in order.
        width: numbers in a vector.
    """
    expected = (
        f"expected a word and {width} numbers on each line, as in GloVe's files or fastText's .vec"
    )
    if head is None:
        return f"{source}, {problem}. Correct the line, or download the file again"
    kind = _kind(head)
    if kind is not None:
        return f"{source}: {kind[0]}; {expected}. {kind[1]}"
    other = _uniform_width(head)
    if other not in (None, width):
        return (
            f"{source}, {problem}. Name a file with vectors of {width} numbers, or set "
            f"`features.text.width` in the configuration to {other} and train with it"
        )
    return f"{source}, {problem}; {expected}. Correct the line, or download the file again"


def _uniform_width(head: bytes) -> int | None:
    """Number of components in a vector, if the first lines agree."""
    lines = [line.split() for line in head.split(b"\n")[:20]]
    lines = lines[:-1] or lines
    header = _header(head.partition(b"\n")[0], 2)
    if header is not None:
        return header[1]
    counts = {_count_numbers(fields) for fields in lines}
    return counts.pop() if len(counts) == 1 and counts != {0} else None


def _kind(head: bytes) -> tuple[str, str] | None:
    """What a file with this beginning is, and the next step; None if that is not known."""
    fetch = "Download the file itself again"
    if not head.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        return "is empty", fetch
    wide = {
        codecs.BOM_UTF32_LE: "UTF-32",
        codecs.BOM_UTF32_BE: "UTF-32",
        codecs.BOM_UTF16_LE: "UTF-16",
        codecs.BOM_UTF16_BE: "UTF-16",
    }
    packed = {
        b"BZh": "bzip2",
        b"\xfd7zXZ": "xz",
        b"7z\xbc\xaf": "7-Zip",
        b"\x28\xb5\x2f\xfd": "Zstandard",
        b"Rar!": "RAR",
        b"\x1f\x8b": "gzip",
        b"PK\x03\x04": "zip",
    }
    for mark, name in wide.items():
        if head.startswith(mark):
            return f"is {name}", f"Save it as UTF-8: iconv -f {name} -t UTF-8 FILE > NEW_FILE"
    for mark, name in packed.items():
        if head.startswith(mark):
            return f"is compressed with {name}", "Unpack it, and name the file with the vectors"
    if head[257:262] == b"ustar":
        return "is a tar archive", "Unpack it, and name the file with the vectors"
    if head.startswith(b"version https://git-lfs"):
        return "is a Git-LFS pointer, not the file itself", "Run: git lfs pull"
    if b"/annex/objects/" in head[:500]:
        return "is a git-annex pointer, not the file itself", "Run: git annex get"
    if re.match(rb"\s*<(!doctype|html|head|body|\?xml)", head, re.IGNORECASE):
        return "is a web page (an error, or a log-in?), not the file", fetch
    if head.startswith(b"\xba\x16\x4f\x2f"):
        return "is a binary model of fastText", "Take the .vec file of the same release"
    if b"\0" in head and not all(head[start:400:2].strip(b"\0") for start in (0, 1)):
        return (
            "is UTF-16 without a byte order mark, or zeros",
            "Save it as UTF-8, or download it again",
        )
    strange = head.decode("utf-8", "replace").count("\ufffd")
    if re.search(rb"[\x00-\x08\x0e-\x1a]", head) or 50 * strange > len(head):
        if _header(head.partition(b"\n")[0], 2) is None:
            return "is binary, not text", "Take the release in text format (.txt, .vec)"
        return "is word2vec's binary format", (
            "Save it as text, with gensim: KeyedVectors.load_word2vec_format(FILE, binary=True)"
            ".save_word2vec_format(NEW_FILE)"
        )
    if b"\r" in head.replace(b"\r\n", b"\n"):
        return "has lines that end in a carriage return only, as on an old Macintosh", (
            "Write line feeds: tr '\\r' '\\n' < FILE > NEW_FILE"
        )
    lines = [line.split() for line in head.split(b"\n")[:20]][:-1]
    if len(lines) > 2 and all(fields and _is_number(fields[0]) for fields in lines):
        return "has no words, only numbers", "Name the file that has the words too"
    fields = head.partition(b"\n")[0].split()
    numbers = b" ".join(fields[1:] or fields)
    if re.search(rb"(^|\s)-?\d+,\d+(\s|$)", numbers):
        return "has numbers with decimal commas", "Write them with points"
    if re.search(rb"\d[,;]\s*[-.\d]", numbers):
        return (
            "separates its values by commas or semicolons",
            "Write a blank between the word and each number",
        )
    return None
