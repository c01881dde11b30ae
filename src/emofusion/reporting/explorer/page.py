"""Build the results page as one HTML file: its code, the results, and corpus data if allowed."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("page")
MODULES = (
    "dom.js",
    "data.js",
    "extra.js",
    "charts.js",
    "table.js",
    "answer.js",
    "system.js",
    "compare.js",
    "utterance.js",
    "utterances.js",
    "app.js",
)
"""In this order, since each uses those before it."""

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_MODULE_WORDS = re.compile(
    r"^(import .*\n|export (?=(?:async )?(?:function|const|let|class)))", re.M
)
_EXTRA = re.compile(r'(<script type="application/json" id="extra">).*?(</script>)', re.S)


def render(data: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> str:
    """The whole page.

    Args:
        data: as `page_data` gives it.
        extra: transcripts and other corpus data to embed; None: none.
    """
    parts = {
        "style": _read("style.css"),
        "code": "\n".join(map(_inlined, MODULES)),
        "data": _json(data),
        "extra": _json(extra),
    }
    return _PLACE.sub(lambda found: parts[found[1]], _read("index.html"))


def embed(page: str, extra: Mapping[str, Any]) -> str:
    """A page that holds transcripts and the like, made from one that does not."""
    return _EXTRA.sub(lambda found: found[1] + _json(extra) + found[2], page)


def read_embedded_json(page: str, name: str) -> Any:
    """Parse the JSON that is embedded in a page under a name: `data` or `extra`."""
    element = f'<script type="application/json" id="{name}">'
    start = page.index(element) + len(element)
    return json.loads(page[start : page.index("</script>", start)])


def fingerprint() -> str:
    """Hash of the page's modules, markup and style."""
    files = [_read(path.name) for path in sorted(FOLDER.iterdir())]
    return hashlib.sha256("".join(files).encode()).hexdigest()


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _inlined(name: str) -> str:
    """A module without `import` and `export`: browsers load no modules from a file on the disk."""
    return f"// {name}\n{_MODULE_WORDS.sub('', _read(name))}"


def _json(value: object) -> str:
    """JSON with every < escaped, so that no text can close the script element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c")
