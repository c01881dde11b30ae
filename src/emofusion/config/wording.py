"""What is wrong with a value, in words."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from emofusion.config.schema import Config


def explain(problem: Mapping[str, Any]) -> list[str]:
    """A problem that pydantic found, a line each."""
    location = [part for part in problem["loc"] if part not in ("extracted", "registered", "own")]
    key = ".".join(map(str, location))
    if problem["type"] == "extra_forbidden":
        return [f"{key} is not a known key; {hint(str(location[-1]), _fields_at(location[:-1]))}"]
    if problem["type"] == "missing":
        return [f"{key} is missing; config.yaml has an example"]
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"]).splitlines()
    return [f"{key}: {problem['msg']}, found {problem['input']!r}"]


def _fields_at(location: Sequence[Any]) -> list[str]:
    section: type[BaseModel] = Config
    for name in location:
        waiting = [section.model_fields[name].annotation]
        while waiting:
            option = waiting.pop()
            if isinstance(option, type) and issubclass(option, BaseModel):
                section = option
            waiting += getattr(option, "__args__", ())
    return list(section.model_fields)


def hint(name: str, known: Iterable[str]) -> str:
    """The nearest of some names, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
