import pytest

from emofusion import provenance
from emofusion.provenance import code_fingerprint, content_hash


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package `emofusion`: the script imports a, a imports b, nobody imports c."""
    root = tmp_path / "emofusion"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "a.py").write_text(
        "from emofusion import b\n\n\ndef f():\n    '''Doc.'''\n    return b.X\n"
    )
    (root / "b.py").write_text("X = 1\n")
    (root / "c.py").write_text("Y = 1\n")
    (tmp_path / "script.py").write_text("import numpy\nfrom emofusion.a import f\n\nf()\n")
    monkeypatch.setattr(provenance, "SOURCE", root)
    return tmp_path


def fingerprint(package, *modules):
    provenance._read_module.cache_clear()
    return code_fingerprint(package / "script.py", modules)


@pytest.mark.parametrize(
    "changed", ["script.py", "emofusion/a.py", "emofusion/b.py", "emofusion/__init__.py"]
)
def test_code_that_is_imported_counts_however_far_away(package, changed):
    before = fingerprint(package)
    path = package / changed
    path.write_text(path.read_text() + "\nZ = 3\n")
    assert fingerprint(package) != before


def test_code_that_is_not_imported_does_not_count_unless_it_is_named(package):
    before, named = fingerprint(package), fingerprint(package, "emofusion.c")
    (package / "emofusion/c.py").write_text("Y = 2\n")
    assert fingerprint(package) == before
    assert fingerprint(package, "emofusion.c") != named


def test_comments_docstrings_and_formatting_do_not_count(package):
    before = fingerprint(package)
    (package / "emofusion/a.py").write_text(
        "'''A module.'''\nfrom emofusion import b\n# why\ndef f( ):\n\n    return (b.X)\n"
    )
    assert fingerprint(package) == before


def test_where_the_code_lies_does_not_count(package, tmp_path, monkeypatch):
    before = fingerprint(package)
    moved = package.rename(tmp_path.parent / f"{tmp_path.name}_moved")
    monkeypatch.setattr(provenance, "SOURCE", moved / "emofusion")
    assert fingerprint(moved) == before


def test_the_hash_of_a_file_follows_its_content_not_its_name(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 100)
    (tmp_path / "b").write_bytes(b"x" * 100)
    (tmp_path / "c").write_bytes(b"x" * 99 + b"y")
    assert content_hash(tmp_path / "a") == content_hash(tmp_path / "b")
    assert content_hash(tmp_path / "a") != content_hash(tmp_path / "c")


@pytest.mark.parametrize("place", [0, 1000 * 1000, -1])
def test_a_large_file_is_told_by_its_ends_and_blocks(tmp_path, monkeypatch, place):
    monkeypatch.setattr(provenance, "BLOCK", 1 << 15)
    content = bytearray(3 << 20)
    (tmp_path / "a").write_bytes(content)
    content[place] = 1
    (tmp_path / "b").write_bytes(content)
    assert content_hash(tmp_path / "a") != content_hash(tmp_path / "b")
