"""Tables on the terminal, and values for scripts."""

import json
import shutil
import sys
from collections.abc import Sequence
from typing import Any

GAP = "  "
NARROW = 12  # no column is cut below this


def print_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; on a terminal the widest columns are cut so that a row fits one line."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    if sys.stdout.isatty():
        widths = fitted(widths, shutil.get_terminal_size().columns)
    for row in (head, *rows):
        cells = (_cut(text, width) for text, width in zip(row, widths, strict=True))
        print(GAP.join(cells).rstrip())


def fitted(widths: Sequence[int], room: int) -> list[int]:
    """The widths of columns, the widest made smaller until all fit into a line of `room`."""
    found = list(widths)
    while sum(found) + len(GAP) * (len(found) - 1) > room and max(found) > NARROW:
        found[found.index(max(found))] -= 1
    return found


def print_json(value: Any) -> None:
    """Print a value for scripts."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"
