"""What is written of the configuration from its schema: python docs/make_configuration.py

docs/config.schema.json, by which editors complete and check config.yaml and overlays, and the table
in docs/configuration.md. Descriptions are the texts under the fields of
src/emofusion/config/schema.py, defaults are the values of config.yaml.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from emofusion.config import schema
from emofusion.config.schema import Config

DOCS = Path(__file__).parent
JSON, PAGE = DOCS / "config.schema.json", DOCS / "configuration.md"
HEAD = """# The configuration, key by key

Made by `python docs/make_configuration.py` from the schema that checks every configuration. The
committed [config.yaml](../config.yaml) holds every key, with the paper's values; an overlay
(`--configfile mine.yaml`) holds only the keys that differ. A line
`# yaml-language-server: $schema=docs/config.schema.json` lets editors complete keys and check
values.
"""


def descriptions() -> dict[str, dict[str, str]]:
    """{class: {field: the text under it}} of the schema's sections.

    Raises:
        ValueError: a field without a text; names it.
    """
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(Path(schema.__file__).read_text("utf-8")).body:
        fields = getattr(getattr(schema, getattr(node, "name", ""), None), "model_fields", None)
        if not isinstance(node, ast.ClassDef) or fields is None:
            continue
        texts = {
            line.target.id: " ".join(ast.literal_eval(text.value).split())
            for line, text in zip(node.body, node.body[1:], strict=False)
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        }
        if missing := [name for name in fields if name not in texts]:
            raise ValueError(f"{node.name}.{missing[0]} has no description under it")
        found[node.name] = texts
    return found


def json_schema(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of a configuration; nothing is required, since overlays hold a few keys."""
    made, texts = Config.model_json_schema(), descriptions()
    parts = {"Config": made} | made["$defs"]
    for name, part in parts.items():
        if name != "RegisteredExtractor":  # a section is one of these only with what it must have
            part.pop("required", None)
        for key, value in part.get("properties", {}).items():
            value["description"] = texts[name][key]
            value.pop("title", None)
    _set_defaults(made, made["$defs"], defaults)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _set_defaults(
    part: Mapping[str, Any], parts: Mapping[str, Any], defaults: Mapping[str, Any]
) -> None:
    """Write defaults into the properties of a section and of those in it."""
    for key, value in part["properties"].items():
        section = _section(value, parts)
        if section and isinstance(defaults.get(key), dict):
            _set_defaults(section, parts, defaults[key])
        elif key in defaults and not isinstance(defaults[key], dict):
            value["default"] = defaults[key]


def _section(value: Mapping[str, Any], parts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The section that a property holds, the first of several."""
    options = [value, *value.get("anyOf", []), *value.get("oneOf", [])]
    names = [one["$ref"].rpartition("/")[2] for one in options if "$ref" in one]
    return parts[names[0]] if names else None


def page(made: Mapping[str, Any]) -> str:
    """The table of all keys, a heading a section."""
    lines = [HEAD]
    for heading, rows in _sections(made, made["$defs"]):
        lines += [f"## {heading}\n", "| key | default | allowed | meaning |", "|---|---|---|---|"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
        lines.append("")
    return "\n".join(lines)


def _sections(
    part: Mapping[str, Any], parts: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, list[list[str]]]]:
    rows, inner = [], []
    for key, value in part["properties"].items():
        section = _section(value, parts)
        default = "" if "default" not in value else f"`{json.dumps(value['default'])}`"
        rows.append([f"`{key}`", default, _allowed(value), value["description"]])
        if section:
            inner.append((f"{prefix}{key}", section))
    yield (f"`{prefix.rstrip('.')}`" if prefix else "Top level"), rows
    for name, section in inner:
        yield from _sections(section, parts, f"{name}.")


def _allowed(value: Mapping[str, Any]) -> str:
    """What a property may be, in words."""
    options = value.get("anyOf") or value.get("oneOf") or [value]
    return " or ".join(dict.fromkeys(_words(one) for one in options))


def _words(one: Mapping[str, Any]) -> str:
    if "enum" in one or "const" in one:
        return ", ".join(f"`{value}`" for value in one.get("enum", [one.get("const")]))
    if "$ref" in one:
        return "section"
    kind = {"integer": "whole number", "number": "number", "string": "text", "null": "`null`",
            "boolean": "`true`, `false`", "array": "list", "object": "section"}  # fmt: skip
    bounds = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to",
              "exclusiveMaximum": "below"}  # fmt: skip
    limits = [f"{word} {one[key]:g}" for key, word in bounds.items() if key in one]
    if "exclusiveMaximum" in one and one["exclusiveMaximum"] == 2**32:
        limits = limits[:-1]  # what NumPy takes; no one asks for more
    return " ".join([kind.get(one.get("type", ""), "anything"), *limits])


def documents() -> dict[Path, str]:
    """{file: its content}"""
    defaults = yaml.safe_load((DOCS.parent / "config.yaml").read_text("utf-8"))
    made = json_schema(defaults)
    return {JSON: json.dumps(made, indent=2) + "\n", PAGE: page(made)}


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
