"""What a result was made from: the code and the files behind it."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent
# Modules that change messages, bookkeeping or the choice of a device, never a result.
WITHOUT_INFLUENCE = {
    "emofusion.environment",
    "emofusion.errors",
    "emofusion.joblog",
    "emofusion.provenance",
    "emofusion.training.device",
}
LOGGERS = {"log", "logging", "warnings"}
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical", "warn"}
BLOCK = 1 << 20


def code_fingerprint(script: Path, modules: Iterable[str] = (), files: Iterable[Path] = ()) -> str:
    """Hash of the code that a rule's result depends on.

    Snakemake does not see that an imported module changed. This follows the imports of the package
    from the script and hashes the syntax of every module on the way, and the table of a module that
    reads one: the CSV file of its name. Comments, docstrings, formatting and the texts of
    exceptions and log lines do not count.

    Args:
        script: the rule's script.
        modules: full names of modules that are loaded by name at run time, such as a model's.
        files: sources outside the package that are loaded at run time; their location does not
            count.
    """
    found, waiting = {}, list(modules)
    for number, path in enumerate([script, *files]):
        found[str(number)], imported = _read_module(path)
        waiting += imported
    while waiting:
        name = waiting.pop()
        source = _path_of(name)
        if name in found or name in WITHOUT_INFLUENCE or source is None:
            continue
        found[name], imported = _read_module(source)
        waiting += imported
    text = "\n".join(f"{name}\n{found[name]}" for name in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _read_module(path: Path) -> tuple[str, list[str]]:
    """Code of a file without what cannot change a result, and the full names it may import.

    The content of a CSV file of the same name belongs to the code.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = _imports(tree)
    for node in ast.walk(tree):
        definition = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, definition):
            node.body = [line for line in node.body if not _is_text(line)] or [ast.Pass()]
    _remove_messages(tree)
    table = path.with_suffix(".csv")
    data = table.read_text(encoding="utf-8") if table.is_file() else ""
    return ast.unparse(tree) + data, imported


def _is_text(line: ast.stmt) -> bool:
    """Whether a statement is a docstring, of a definition or of the constant above it."""
    value = line.value if isinstance(line, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _remove_messages(tree: ast.Module) -> None:
    """Remove the arguments of exceptions and log calls, and the private functions only they call.

    An exception is a call of a name that ends in Error: the arguments of others, such as the
    probe's `_Excluded`, are data.
    """
    dropped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_message(node.func):
            dropped |= _names([*node.args, *node.keywords])
            node.args, node.keywords = [], []
    while unused := [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("_")
        and node.name in dropped
        and node.name not in _names(other for other in tree.body if other is not node)
    ]:
        tree.body = [node for node in tree.body if node not in unused]
        dropped |= _names(unused)


def _is_message(function: ast.expr) -> bool:
    """Whether a call makes an exception or writes to a log."""
    name = ast.unparse(function)
    owner, _, method = name.rpartition(".")
    return name.endswith("Error") or (owner in LOGGERS and method in LOG_METHODS)


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def _imports(tree: ast.Module) -> list[str]:
    """Names of the package's imported modules, and of those above them, whose `__init__` runs."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return sorted(
        {
            ".".join(parts[:length])
            for parts in (name.split(".") for name in names)
            if parts[0] == SOURCE.name
            for length in range(1, len(parts) + 1)
        }
    )


def _path_of(name: str) -> Path | None:
    """Source of a module of the package; None for anything else, such as a function's name."""
    package, *parts = name.split(".")
    if package != SOURCE.name:
        return None
    base = SOURCE.joinpath(*parts)
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


@cache
def content_hash(path: Path) -> str:
    """SHA-256 of a file's content; its location does not matter.

    Up to 64 MiB the whole content counts. Of a larger file (the word vectors have 5.6 GB, and every
    start of the workflow asks) the size and 64 evenly spaced blocks of 1 MiB count, the first and
    the last among them.
    """
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for block in range(64):
            if size > 64 * BLOCK:
                file.seek(block * (size - BLOCK) // 63)
            digest.update(file.read(BLOCK))
    return digest.hexdigest()
