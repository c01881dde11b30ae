import ast
import re
import shutil
from pathlib import Path

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
        "'''A module.'''\nfrom emofusion import b\n# why\ndef f( ):\n\n    return (b.X)\n\n"
        "'''What stands above.'''\n"
    )
    assert fingerprint(package) == before


MESSAGES = """
import logging
log = logging.getLogger(__name__)

def f(x):
    if x:
        raise ValueError("no", *_explain(x))
    log.info("%s seen", x)
    raise Excluded("kind")

def _explain(x):
    yield f"found {_name(x)}"

def _name(x):
    return "it"
"""


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ('"no"', '"not at all"', False),
        ('"no"', '"not at all", 3', False),
        ('"%s seen", x', '"saw %s of %s", x, 3', False),
        ("found {", "there was {", False),
        ('"it"', '"that"', False),
        ("ValueError", "TypeError", True),
        ('"kind"', '"another kind"', True),
        ("if x:", "if not x:", True),
        ("f(x):", "f(x, _name=_name):", True),
    ],
)
def test_words_of_messages_do_not_count_what_is_done_does(package, old, new, counts):
    path = package / "emofusion/a.py"
    path.write_text(MESSAGES)
    before = fingerprint(package)
    path.write_text(MESSAGES.replace(old, new))
    assert (fingerprint(package) != before) == counts


def test_a_private_function_that_is_used_besides_its_message_counts(package):
    path = package / "emofusion/a.py"
    path.write_text(MESSAGES + "\nNAME = _name(3)\n")
    before = fingerprint(package)
    path.write_text(MESSAGES.replace('"it"', '"that"') + "\nNAME = _name(3)\n")
    assert fingerprint(package) != before


class Rewording(ast.NodeTransformer):
    """Other words in every exception and log line."""

    def visit_Raise(self, node):
        message = "Error(" in ast.unparse(node)  # the probe's exclusions are data
        return Words().visit(node) if message else node

    def visit_Expr(self, node):
        logged = re.match(r"log\.(info|warning|error)\(", ast.unparse(node))
        return Words().visit(node) if logged else node


class Words(ast.NodeTransformer):
    """Other texts."""

    def visit_Constant(self, node):
        return ast.Constant("other words") if isinstance(node.value, str) else node


SCRIPTS = sorted((Path(__file__).parents[2] / "workflow_scripts").rglob("*.py"))


@pytest.fixture(scope="module")
def reworded(tmp_path_factory):
    """The package and the scripts with other words in their messages."""
    folder = tmp_path_factory.mktemp("reworded")
    shutil.copytree(provenance.SOURCE, folder / "emofusion")
    for script in SCRIPTS:
        shutil.copy(script, folder)
    changed = 0
    for path in folder.rglob("*.py"):
        before = ast.unparse(ast.parse(path.read_text()))
        after = ast.unparse(Rewording().visit(ast.parse(path.read_text())))
        changed += before != after
        path.write_text(after)
    assert changed > 20
    return folder


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_other_words_in_messages_rerun_no_rule(script, reworded, monkeypatch):
    models = [f"emofusion.models.{name}" for name in ("selfcross", "amh", "mha", "mdre", "mcsan")]
    before = code_fingerprint(script, models)
    monkeypatch.setattr(provenance, "SOURCE", reworded / "emofusion")
    assert code_fingerprint(reworded / script.name, models) == before


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


def test_the_table_that_a_module_reads_counts_as_code(tmp_path):
    script, table = tmp_path / "script.py", tmp_path / "script.csv"
    script.write_text("x = 1\n")
    before = code_fingerprint(script)
    table.write_text("a,b\n")
    provenance._read_module.cache_clear()
    with_table = code_fingerprint(script)
    table.write_text("a,c\n")
    provenance._read_module.cache_clear()
    assert len({before, with_table, code_fingerprint(script)}) == 3
