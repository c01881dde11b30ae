"""The files of a table."""

from collections.abc import Mapping
from pathlib import Path

from emofusion.files import replacing
from emofusion.reporting.layout import Table, renderings


def write_table(table: Table, files: Mapping[str, str]) -> None:
    """Write a table in all its renderings, to the file of each kind."""
    for kind, content in renderings(table).items():
        with replacing(Path(files[kind])) as path:
            path.write_text(content, encoding="utf-8")
