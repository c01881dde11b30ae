"""Whether prepared folds are those of the release."""

from pathlib import Path
from typing import Annotated

import typer


def confirm_folds(
    release: Annotated[Path, typer.Argument(help="Folder IEMOCAP_full_release.")],
    folds: Annotated[Path, typer.Argument(help="Folder seven_category_120.")],
    class_order: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABELS", help="Labels by class number, where the counts do not show them."
        ),
    ] = None,
) -> None:
    """Compare prepared folds with the published split.

    The split is replayed on the release. Ends with 0 if every partition agrees, with 1 if not.

    Example: emofusion confirm-folds /data/IEMOCAP_full_release /data/seven_category_120
    """
    from emofusion.corpora.iemocap.known import PUBLISHED_FRAMING, frames_by_time
    from emofusion.corpora.iemocap.reading import read_release
    from emofusion.corpora.prepared.reading import IEMOCAP_COUNTS, read_folds
    from emofusion.corpora.prepared.replay import confirm, confirmation_text
    from emofusion.splits.published import published_split

    known = read_release(release)
    chosen = known[known["label"].isin(class_order or list(IEMOCAP_COUNTS))]
    utterances, tables = read_folds(folds, class_order=class_order)
    table = confirm(
        utterances,
        tables,
        list(chosen["label"]),
        published_split,
        release_frames=frames_by_time(chosen, PUBLISHED_FRAMING),
    )
    print(table.to_string(index=False))
    print(confirmation_text(table))
    if not table["confirmed"].all():
        raise typer.Exit(1)
