"""What several commands are given: a configuration, a folder of results."""

from pathlib import Path
from typing import Annotated, Any

import typer

from emofusion.errors import DataError

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILES]...", help="Overlays over config.yaml, in their order."),
]
Pairs = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        metavar="KEY=VALUE",
        help="Settings that override those of the files; several may follow.",
    ),
]
ResultsFolder = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the results; default: that of config.yaml, else the only one found here."
    ),
]
ModelFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--model-files", metavar="FILES", help="Your own models, in addition to the package's."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]


def configuration(files: list[Path] | None = None, pairs: list[str] | None = None) -> dict:
    """Merge the repository's config.yaml, that of the working folder, the files and the pairs.

    Later ones override earlier ones, as in the workflow. The keys are not checked yet.
    """
    from emofusion.config.loading import default_file, merge, read_yaml

    here = Path("config.yaml")
    read = [default_file(), *([here] if here.is_file() else []), *(files or [])]
    return merge([*map(read_yaml, read), *map(_pair, pairs or [])])


def results_folder(given: Path | None) -> Path:
    """The folder of the results: the given one, the configured one, or the only one here."""
    from emofusion.reporting.trace import find_results

    return given or find_results(Path(str(configuration().get("results", "results"))))


def _pair(text: str) -> dict[str, Any]:
    """A key and its value from the command line."""
    import yaml

    key, equals, value = text.partition("=")
    try:
        if not key or not equals:
            raise ValueError
        return {key: yaml.safe_load(value)}
    except (ValueError, yaml.YAMLError):
        raise DataError(
            f"--config {text}: expected KEY=VALUE, the value in YAML, such as seeds=[1,2]"
        ) from None
