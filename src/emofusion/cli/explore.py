"""Serve the results page, together with corpus data that a licence may keep out of it."""

import webbrowser
from pathlib import Path
from typing import Annotated, Literal

import typer

from emofusion.cli.given import ResultsFolder, configuration, results_folder
from emofusion.errors import DataError

LICENCE = (
    "Such a page is a copy of parts of the corpus. Pass it on only if the licence of the corpus "
    "allows that."
)


def explore(
    results: ResultsFolder = None,
    corpus: Annotated[
        Path | None,
        typer.Option(help="Folder of the corpus; default: that of config.yaml or of the demo."),
    ] = None,
    port: Annotated[int, typer.Option(help="0: any free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    embed: Annotated[
        Literal["transcripts", "audio"] | None,
        typer.Option(
            help="Write a page that holds transcripts, votes and ratings, or sound as well, "
            "instead of serving one."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Embed without a question.")] = False,
) -> None:
    """Open the page to explore the results.

    It shows the answer, systems, comparisons, and utterances with sound and picture. Only this
    computer can open it. End it with Ctrl-C.

    Example: emofusion explore --results results/demo
    """
    from emofusion.reporting.explorer.server import read_page, serve

    folder = results_folder(results)
    page = read_page(folder)
    root = corpus or _corpus(folder)
    if embed:
        _embed(page, folder, root, embed == "audio", yes)
        return

    def ready(address: str) -> None:
        print(f"{address}   (Ctrl-C ends it)", flush=True)
        if browser:
            webbrowser.open(address)

    serve(folder, root, port, ready)


def _corpus(results: Path) -> Path:
    """The made-up corpus of these results, else the configured one."""
    from emofusion.plan import SYNTHETIC_RELEASE

    own = results / SYNTHETIC_RELEASE
    configured = configuration().get("corpus")
    if not own.is_dir() and not configured:
        raise DataError(
            "corpus: is not set in the configuration; name the folder of the corpus with "
            "--corpus, for transcripts, sound and picture"
        )
    return own if own.is_dir() else Path(str(configured))


def _embed(plain: str, results: Path, corpus: Path, audio: bool, yes: bool) -> None:
    """Write a page with transcripts, and perhaps sound, next to the one without."""
    from emofusion.files import replacing
    from emofusion.reporting.explorer import extra, page
    from emofusion.reporting.explorer.server import PAGE

    tested = page.read_embedded_json(plain, "data")["utterances"]["ids"]
    size = len(plain.encode()) + extra.embedded_bytes(results, tested, audio=audio)
    print(f"About {size / 1e6:.1f} MB for {len(tested):,} utterances. {LICENCE}")
    if not yes:
        typer.confirm("Write it?", abort=True)
    out = (results / PAGE).with_name(f"explore_{'audio' if audio else 'transcripts'}.html")
    held = extra.read_embedded(results, corpus, tested, audio=audio)
    with replacing(out) as path:
        path.write_text(page.embed(plain, held), encoding="utf-8")
    print(out)
