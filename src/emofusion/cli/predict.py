"""What a trained run says of an utterance."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from emofusion.cli.columns import print_columns, print_json
from emofusion.cli.given import Json, ModelFiles


def predict(
    run_folder: Annotated[Path, typer.Argument(help="Of a run that kept its weights.")],
    wav: Annotated[Path | None, typer.Option(help="Sound of the utterance.")] = None,
    video: Annotated[
        Path | None, typer.Option(help="Video of one person, or of two side by side.")
    ] = None,
    side: Annotated[
        Literal["left", "right", "whole"] | None,
        typer.Option(help="Where the speaker is; whole: one person."),
    ] = None,
    span: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="START END",
            help="Start and end of the utterance in the video [s]; default: the whole video.",
        ),
    ] = None,
    transcript: Annotated[str | None, typer.Option(help="What was said.")] = None,
    glove: Annotated[
        Path | None, typer.Option(help="Word vectors of words not met in training.")
    ] = None,
    backbone_weights: Annotated[
        str | None, typer.Option(help="The weights file that the run's vision used.")
    ] = None,
    model_files: ModelFiles = None,
    as_json: Json = False,
) -> None:
    """Classify one utterance by a run's weights.pt.

    Example: emofusion predict results/demo/runs/self/t/fold1_seed1 --transcript "Thank you."
    """
    from emofusion.prediction import predict

    probabilities = predict(
        run_folder / "weights.pt",
        wav=wav,
        video=video,
        side=side,
        span=span,
        transcript=transcript,
        glove=glove,
        backbone_weights=backbone_weights,
        model_files=model_files or [],
    )
    if as_json:
        print_json(probabilities)
        return
    ranked = sorted(probabilities.items(), key=lambda pair: -pair[1])
    print_columns(("class", "probability"), [(name, f"{p:.4f}") for name, p in ranked])
