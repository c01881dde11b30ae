"""Files with word vectors: what is read, and what is named instead."""

import gzip
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from emofusion.errors import DataError
from emofusion.features import vectors
from emofusion.features.vectors import check_vectors, find_vectors

ROWS = {"the": (0.1, 0.2, 0.3), "do": (0.4, 0.5, 0.6), "n't": (0.7, 0.8, 0.9)}
PLAIN = b"the 0.1 0.2 0.3\ndo 0.4 0.5 0.6\nn't 0.7 0.8 0.9\n"
FOUND = {word: list(numbers) for word, numbers in ROWS.items()}


def write(path, content):
    path.write_bytes(content)
    return path


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return path


def refused(path, width=3, words=frozenset(ROWS)):
    """The messages of the check and of the reader."""
    messages = []
    for look in (lambda: check_vectors(path, width), lambda: find_vectors(path, words, width)):
        with pytest.raises(DataError) as error:
            look()
        messages.append(str(error.value))
    return messages


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        b"3 3\n" + PLAIN,
        b"3 3 \r\n" + PLAIN.replace(b"\n", b" \r\n"),
        PLAIN.replace(b"\n", b" \n"),
        PLAIN.replace(b"the ", b"the\t").replace(b"do ", b"do\t"),
        PLAIN.replace(b" ", b"\t"),
        PLAIN.replace(b" ", b"  "),
        PLAIN.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.removesuffix(b"\n"),
        b"3 3\n" + PLAIN + b"\n\r\n",
        b". . 1 2 3\nat name@domain.com 4 5 6\n" + PLAIN,
    ],
    ids=[
        "GloVe",
        "word2vec or fastText, with a header",
        "blanks and carriage returns at the end of lines",
        "blanks at the end of lines",
        "tab after the word",
        "tabs",
        "two blanks",
        "Windows",
        "byte order mark of UTF-8",
        "no line end at the end",
        "empty lines at the end",
        "words that hold blanks",
    ],
)
def test_text_formats_are_read(tmp_path, content):
    path = write(tmp_path / "vectors.txt", content)
    check_vectors(path, 3)
    assert find_vectors(path, ROWS.keys() | {".", "at", "3", "never"}, 3) == FOUND


def test_the_content_decides_how_a_file_is_packed(tmp_path):
    for name in ("vectors.txt.gz", "vectors.txt"):
        path = write(tmp_path / name, gzip.compress(PLAIN))
        check_vectors(path, 3)
        assert find_vectors(path, ROWS.keys(), 3) == FOUND
    assert find_vectors(write(tmp_path / "plain.gz", PLAIN), {"do"}, 3) == {"do": FOUND["do"]}


@pytest.mark.parametrize(
    "members",
    [
        {"vectors_txt": PLAIN},
        {"glove_2d_txt": b"the 1 2\n", "glove_3d_txt": PLAIN, "glove_4d_txt": b"the 1 2 3 4\n"},
        {"README_txt": b"About.\n", "folder__wiki_vec": b"3 3\n" + PLAIN, "wiki_bin": b"\0\1\2"},
    ],
    ids=["one file", "several widths", "beside others"],
)
def test_of_an_archive_the_file_with_such_vectors_is_read(tmp_path, members):
    path = zipped(tmp_path / "vectors.zip", **members)
    check_vectors(path, 3)
    assert find_vectors(path, ROWS.keys(), 3) == FOUND


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, r"holds no file; .* found 0\. Unpack it"),
        ({"a_txt": PLAIN, "b_txt": PLAIN}, r"holds a\.txt, b\.txt; .* found 2\. Unpack it"),
        ({"a_txt": b"x 1\n", "b_bin": b"\0"}, r"holds a\.txt, b\.bin; .* 3 numbers .* found 0\."),
        ({"a_txt": b"x 1 2\n"}, r"\(a\.txt\), line 1: a vector of 2 numbers, expected 3"),
        (
            {"a_txt_gz": gzip.compress(PLAIN)},
            r"\(a\.txt\.gz\): is compressed with gzip; .*Unpack it",
        ),
    ],
)
def test_an_archive_without_the_one_file_says_what_it_holds(tmp_path, members, message):
    for text in refused(zipped(tmp_path / "vectors.zip", **members)):
        assert re.search(message, text)


def test_an_encrypted_archive_is_to_be_unpacked(tmp_path):
    path = zipped(tmp_path / "vectors.zip", vectors_txt=PLAIN)
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag of the file, and the same in the directory at the end
    content[content.index(b"PK\1\2") + 8] |= 1
    for text in refused(write(path, content)):
        assert re.search(
            r"cannot be unpacked here \(.*vectors\.txt.* encrypted.*\); unpack it", text
        )


def binary(header, width=3):
    rows = np.arange(1, 1 + 40 * width, dtype="<f4").reshape(40, width) / 7
    return header + b"".join(b"w%d " % n + row.tobytes() + b"\n" for n, row in enumerate(rows))


HTML = b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5646236541\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (PLAIN.decode().encode("utf-16"), "is UTF-16; .*iconv -f UTF-16 -t UTF-8"),
        (b"\xfe\xff" + PLAIN.decode().encode("utf-16-be"), "is UTF-16; .*iconv"),
        (PLAIN.decode().encode("utf-32"), "is UTF-32; .*iconv -f UTF-32"),
        (PLAIN.decode().encode("utf-16-le"), "is UTF-16 without a byte order mark"),
        (bytes(5000), "or zeros"),
        (PLAIN.replace(b"\n", b"\r"), r"a carriage return only.*tr '\\r' '\\n'"),
        (HTML, "is a web page"),
        (LFS, "is a Git-LFS pointer.*git lfs pull"),
        (b"/annex/objects/SHA256E-s9--4d7a.txt\n", "is a git-annex pointer.*git annex get"),
        (binary(b"40 3\n"), "is word2vec's binary format.*load_word2vec_format"),
        (binary(b"\xba\x16\x4f\x2f"), r"binary model of fastText.*\.vec"),
        (b"\x89HDF\r\n\x1a\n" + bytes(range(256)), "is binary"),
        (b"BZh91AY&SY" + bytes(range(256)), "is compressed with bzip2.*Unpack it"),
        (b"\xfd7zXZ\0\0\4" + bytes(range(256)), "is compressed with xz.*Unpack it"),
        (bytes(257) + b"ustar\0" + bytes(250), "is a tar archive"),
        (b"the,0.1,0.2,0.3\ndo,0.4,0.5,0.6\n", "separates its values by commas"),
        (b"the 0,1 0,2 0,3\ndo 0,4 0,5 0,6\n", "decimal commas"),
        (b"the 1 2 3\ndo 1 nan 3\n", "line 2: the vector of do is not finite"),
        (b"the 1 2 3\ndo 1 inf 3\n", "line 2: the vector of do is not finite"),
        (b"the 1 2 3\ndo 1 1e39 3\n", "line 2: the vector of do is not finite"),
        (b"the 1 2 3\ndo 1 2 3\rn't 1 2 3\n", "a carriage return only"),
        (b"the 1 2 3\ndo\nn't 1 2 3\n", "line 2: a vector of 0 numbers, expected 3"),
        (b" the 1 2 3\n do 4 5 6\n n't 1 2 3\n", "line 1: a blank in place of a word"),
        (b"1 2 3\n4 5 6\n7 8 9\n", "has no words, only numbers"),
        (b"3 2\n" + PLAIN, "promises vectors of 2 numbers, found 3"),
        (b"Once upon a time there\nwas", "line 1: a vector of 0 .*begins with 'Once upon a t"),
        (b"x", "line 1: a vector of 0 numbers, expected 3"),
        (b"3 3\n", "line 2: nothing follows its first line"),
    ],
)  # fmt: skip
def test_what_is_no_text_with_vectors_is_named(tmp_path, content, message):
    for text in refused(write(tmp_path / "vectors.txt", content)):
        assert re.search(rf"^{re.escape(str(tmp_path))}/vectors\.txt(: |, ).*{message}", text)


@pytest.mark.parametrize("header", [b"", b"2 2\n"], ids=["GloVe", "word2vec"])
def test_another_width_is_named_with_the_key_to_set(tmp_path, header):
    path = write(tmp_path / "vectors.txt", header + b"the 1 2\ndo 3 4\n")
    for text in refused(path, width=300):
        assert re.search(r"line [12]: a vector of 2 numbers, expected 300; ", text)
        assert "set `features.text.width` in the configuration to 2" in text


@pytest.mark.parametrize("cut", [1, 3, 7, 12, 14], ids=lambda n: f"{n} bytes")
def test_a_file_that_ends_within_a_line_is_cut_off(tmp_path, cut):
    path = write(tmp_path / "vectors.txt", PLAIN[: -cut - 1])
    for text in refused(path):
        assert re.search(r"vectors\.txt: its last line is not .*begins with \"?'?n.*Cut off", text)


def test_zeros_after_the_last_line_are_a_download_that_did_not_finish(tmp_path):
    for text in refused(write(tmp_path / "vectors.txt", PLAIN + bytes(2 * vectors.MIB))):
        assert "ownload" in text


@pytest.fixture
def large(tmp_path):
    """Two MiB of words that are not asked for, and ROWS behind them."""
    lines = [b"w%07d 1.25 2.25 3.25\n" % number for number in range(100_000)]
    return write(tmp_path / "vectors.txt", b"".join(lines) + PLAIN)


def edited(path, old, new):
    content = path.read_bytes()
    assert content.count(old) == 1
    return write(path, content.replace(old, new))


def test_lines_are_found_and_counted_across_blocks(large):
    assert find_vectors(large, ROWS.keys(), 3) == FOUND
    edited(large, b"do 0.4 0.5 0.6", b"do 0.4 0.5")
    check_vectors(large, 3)
    with pytest.raises(DataError, match=r"line 100002: a vector of 2 numbers, expected 3"):
        find_vectors(large, ROWS.keys(), 3)


def test_the_check_sees_the_end_of_a_large_file(large):
    write(large, large.read_bytes()[:-9])
    for text in refused(large):
        assert "Cut off" in text


def test_a_hole_of_zeros_in_the_middle_is_found_when_the_file_is_read(large):
    edited(large, b"w0060000 1.25 2.25 3.25\n", bytes(24))
    with pytest.raises(DataError, match=r"line \d+ or one of the next .*: zero bytes"):
        find_vectors(large, ROWS.keys(), 3)


def test_a_file_without_line_ends_is_never_read_whole(large):
    content = large.read_bytes()
    write(large, content[: vectors.MIB] + b"\n" + b"x" * 3 * vectors.MIB)
    with pytest.raises(DataError, match="a line of more than 1 MiB"):
        find_vectors(large, ROWS.keys(), 3)


@pytest.mark.parametrize("promised", [2, 4])
def test_a_header_that_promises_another_number_of_words_is_compared(tmp_path, promised):
    path = write(tmp_path / "vectors.vec", b"%d 3\n" % promised + PLAIN)
    with pytest.raises(DataError, match=rf"promises {promised} words, found 3; cut off\?"):
        find_vectors(path, set(), 3)


@pytest.mark.parametrize("pack", ["gz", "zip"])
@pytest.mark.parametrize("keep", [0.3, 0.99])
def test_a_packed_file_that_is_cut_off_is_to_be_fetched_again(large, tmp_path, pack, keep):
    content = large.read_bytes()
    path = tmp_path / f"vectors.{pack}"
    if pack == "gz":
        write(path, gzip.compress(content))
    else:
        zipped(path, vectors_txt=content)
    write(path, path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(DataError, match=r"is compressed, but cut off or damaged .*ownload it"):
        find_vectors(path, ROWS.keys(), 3)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_is_to_be_fetched_again_however_it_is_packed(large, tmp_path, method):
    with zipfile.ZipFile(tmp_path / "vectors.zip", "w", method) as archive:
        archive.write(large, "vectors.txt")
    content = bytearray((tmp_path / "vectors.zip").read_bytes())
    content[100:200] = bytes(100)
    write(tmp_path / "vectors.zip", bytes(content))
    with pytest.raises(
        DataError, match=r"is compressed, but cut off or damaged .*ownload it again"
    ):
        find_vectors(tmp_path / "vectors.zip", ROWS.keys(), 3)


def test_a_folder_says_which_files_it_holds(tmp_path):
    write(tmp_path / "glove.txt", PLAIN)
    for text in refused(tmp_path):
        assert re.search(
            r"cannot be read \(Is a directory\), it holds glove\.txt; set `glove`", text
        )


def test_a_missing_file_says_what_to_set(tmp_path):
    for text in refused(tmp_path / "glove.txt"):
        assert re.search(r"glove\.txt: cannot be read \(No such file .*set `glove`", text)


def test_the_start_of_the_workflow_loads_nothing_heavy_for_the_check():
    code = (
        "import sys, emofusion.config.loading as c; "
        "print(sorted({'numpy', 'pandas', 'nltk', 'torch', 'h5py'} & sys.modules.keys()))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "[]\n"
