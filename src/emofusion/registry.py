"""What can be named in a configuration: models, corpora, extractors, tables, figures and so on.

A file says in a literal what it defines, for example `FIGURES = {"spread": {...}}`, and has a
function of that name. The literals are parsed, not executed: the workflow knows every name without
importing torch or matplotlib, and a new file changes nothing for the others. Files outside the
package are found in the same way: `extensions` in config.yaml.
"""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from emofusion.errors import DataError

PACKAGE = Path(__file__).parent
TYPES = {str: "text", int: "a whole number", bool: "True or False", dict: "a dict"}


@dataclass(frozen=True)
class Kind:
    """A kind of thing that files define.

    Attributes:
        folder: the folder of the package with its files.
        facts: what is said of one, with defaults; None: anything, which its reader checks.
        prefix: what the name of its function begins with.
    """

    folder: str
    facts: Mapping[str, Any] | None = None
    prefix: str = ""


KINDS = {
    "MODELS": Kind("models"),
    "CORPORA": Kind(
        "corpora",
        {
            "title": "",
            "folder": "",
            "labels": "",
            "rated": "",
            "sessions": 0,
            "speakers": 0,
            "printed": False,
            "transcribed": False,
        },
    ),
    "EXTRACTORS": Kind(
        "features",
        {
            "modality": "",
            "settings": {},
            "does": "",
            "gpu": False,
            "threads": 1,
            "memory": 2,
            "hours": 2,
        },
        "extract_",
    ),
    "SPLITS": Kind(
        "splits",
        {
            "folds": "",
            "draws_over": "selected",
            "settings": "",
            "development": "",
            "repeats": False,
            "lists": "",
            "says": "",
        },
    ),
    "METRICS": Kind("evaluation", {"selects": True}),
    "TESTS": Kind("evaluation", {"title": "", "holm": False, "order": 100}),
    "TABLES": Kind(
        "reporting/tables",
        {"title": "", "reads": "", "uses": "", "needs": "", "says": "", "order": 100},
    ),
    "FIGURES": Kind(
        "reporting/figures",
        {"title": "", "reads": "", "uses": "", "needs": "", "order": 100},
    ),
}


@dataclass(frozen=True)
class Definition:
    """One thing that a file defines.

    Attributes:
        name: the name in the configuration.
        path: the file.
        facts: what the file's literal says of it.
    """

    name: str
    path: Path
    facts: Any

    @property
    def module(self) -> str | None:
        """Full name of its module, None for a file outside the package."""
        return module_of(self.path)


def find(kind: str, files: Iterable[str | Path] = ()) -> dict[str, Definition]:
    """{name: definition} of everything of a kind, the package's first; by file, then by name.

    Args:
        kind: a key of `KINDS`.
        files: files outside the package.

    Raises:
        DataError: a file that cannot be read, a value that is no literal, a fact that is not known,
            or a name that is there twice.
    """
    return _find(kind, tuple(map(Path, files)))


@cache
def _find(kind: str, files: tuple[Path, ...]) -> dict[str, Definition]:
    """The same; a process looks only once, since the workflow asks for each of its systems."""
    found: dict[str, Definition] = {}
    folder = PACKAGE / KINDS[kind].folder
    inside = sorted([*folder.glob("*.py"), *folder.glob("*/__init__.py")])
    for path in [*inside, *files]:
        for name, facts in sorted(literal(path, kind).items()):
            if name in found:
                singular = kind.removesuffix("S").lower()
                raise DataError(f"{path}: {name} is a {singular} of {found[name].path} already")
            found[name] = Definition(name, path, _complete(path, kind, name, facts))
    return found


def kinds_in(path: Path) -> list[str]:
    """The kinds that a file defines something of."""
    return [kind for kind in KINDS if literal(path, kind)]


def function_of(kind: str, name: str, files: Iterable[str | Path] = ()) -> Callable[..., Any]:
    """The function that makes what is registered under a name.

    Raises:
        DataError: the name is not known, or its file has no such function.
    """
    path = find(kind, files)[name].path
    expected = KINDS[kind].prefix + name
    function = getattr(load(path), expected, None)
    if not callable(function):
        raise DataError(f"{path}: {kind} has {name!r}, but there is no function {expected}")
    return function


@cache
def load(path: Path) -> ModuleType:
    """Import a file, of the package or outside it; a process does so once."""
    if inside := module_of(path):
        return importlib.import_module(inside)
    name = f"emofusion_file_{path.stem}"  # which hides no other module
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None and spec.loader is not None  # of a .py file there are both
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look it up there
    spec.loader.exec_module(module)
    return module


def module_of(path: Path) -> str | None:
    """Full name of a module of the package, None for a file outside."""
    if not path.is_relative_to(PACKAGE):
        return None
    parts = [PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def literal(path: Path, name: str) -> dict[str, Any]:
    """A literal {text: value} that a file assigns to a name; empty if it assigns none.

    Raises:
        DataError: the file cannot be read, or the value is not such a literal.
    """
    for node in _tree(path).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if ast.unparse(target) != name:
            continue
        try:
            return {str(key): value for key, value in ast.literal_eval(node.value).items()}
        except (ValueError, TypeError, AttributeError):
            raise DataError(
                f"{path}, line {node.lineno}: {name} is {ast.unparse(node.value)[:60]}, expected a "
                'literal {"name": ...} (it is read, not executed)'
            ) from None
    return {}


def numeric_defaults(path: Path, functions: Iterable[str]) -> dict[str, float]:
    """Keyword-only arguments with a number as default, of the functions of some names."""
    wanted = set(functions)
    return {
        argument.arg: default.value
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef) and node.name in wanted
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if isinstance(default, ast.Constant) and isinstance(default.value, int | float)
    }


@cache
def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (SyntaxError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as Python ({error})") from None


def _complete(path: Path, kind: str, name: str, facts: Any) -> Any:
    """The facts of a definition with defaults for those that are left out."""
    known = KINDS[kind].facts
    if known is None:
        return facts
    if not isinstance(facts, Mapping):
        raise DataError(f"{path}: {kind} has {facts!r} for {name!r}, expected facts in a dict")
    for key, value in facts.items():
        if key not in known:
            raise DataError(
                f"{path}: {kind} has {key!r} for {name!r}, expected any of {', '.join(known)}"
            )
        if type(value) is not type(known[key]):
            raise DataError(
                f"{path}: {kind} has {key}: {value!r} for {name!r}, expected "
                f"{TYPES[type(known[key])]}"
            )
    return {**known, **facts}
