"""The only reader of the configuration: strict, and all errors at once."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from emofusion.config.checks import corpus_not_set, name_problems, problems
from emofusion.config.schema import Config, Statistics
from emofusion.config.wording import explain
from emofusion.corpora import find_corpus
from emofusion.errors import DataError


def merge(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge configurations section by section; later ones override earlier ones.

    Raises:
        DataError: one that holds anything but keys with values.
    """
    merged: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, Mapping):
            raise DataError(f"configuration: found {part!r}, expected keys with values as YAML")
        for key, value in part.items():
            before = merged.get(key)
            if isinstance(before, dict) and isinstance(value, dict):
                merged[key] = merge([before, value])
            else:
                merged[key] = value
    return merged


def default_file() -> Path:
    """The config.yaml that holds every key: that of the repository, next to the package's sources.

    Raises:
        DataError: the package was installed without the repository.
    """
    path = Path(__file__).parents[3] / "config.yaml"
    if not path.is_file():
        raise DataError(
            f"{path}: there is no such file; expected the repository's config.yaml. Install the "
            "package from a clone (pip install --editable .)"
        )
    return path


def read_yaml(path: Path) -> dict[str, Any]:
    """Content of a configuration file.

    Raises:
        DataError: a file that cannot be read, or that holds anything but keys with values.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path}: cannot be read ({reason}); expected a YAML file with keys and values, such "
            "as config.yaml"
        ) from None
    if not isinstance(content, dict):
        raise DataError(
            f"{path}: holds one {type(content).__name__}; expected keys with values, such as "
            "`corpus: /path/to/the/release`"
        )
    return content


def load_config(raw: Mapping[str, Any]) -> Config:
    """Check a merged configuration.

    Raises:
        DataError: one line per problem: the key, the value, what is allowed, the nearest valid key.
    """
    lines = list(name_problems(raw))
    try:
        config = Config.model_validate(raw)
        lines = lines or list(problems(config))  # these checks look the names up
    except ValidationError as error:
        lines += [line for problem in error.errors() for line in explain(problem)]
        # The checks across keys need a valid configuration. A missing corpus is so common that it
        # is reported here too.
        if raw.get("source") == "iemocap" and raw.get("corpus") is None:
            lines.append(corpus_not_set(find_corpus("iemocap")))
    if lines:
        raise DataError("The configuration cannot be used:\n  " + "\n  ".join(lines))
    return config


def read_statistics(raw: Mapping[str, Any], source: Path) -> dict[str, Any]:
    """How results are compared, from a configuration that need not hold anything else.

    Args:
        raw: content of a YAML file.
        source: the file to name in errors.

    Raises:
        DataError: no section `statistics`, or a value that cannot be used.
    """
    try:
        return Statistics.model_validate(raw["statistics"]).compared()
    except (KeyError, TypeError):
        raise DataError(
            f"{source}: no section `statistics`; name a file that has it, such as the repository's "
            "config.yaml"
        ) from None
    except ValidationError as error:
        problems = (
            {**problem, "loc": ("statistics", *problem["loc"])} for problem in error.errors()
        )
        lines = [line for problem in problems for line in explain(problem)]
        raise DataError(f"{source} cannot be used:\n  " + "\n  ".join(lines)) from None
