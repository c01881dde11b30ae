"""Which models there are."""

from emofusion.cli.columns import print_columns, print_json
from emofusion.cli.given import Json, ModelFiles


def models(model_files: ModelFiles = None, as_json: Json = False) -> None:
    """List the models with their modalities and sizes.

    Example: emofusion models --model-files mine.py
    """
    from emofusion.models import build_model, registry

    rows = []
    for name, entry in registry(model_files or []).items():
        for modalities in entry.sets():
            network = build_model(name, modalities, files=model_files or [])
            count = sum(parameter.numel() for parameter in network.parameters())
            rows.append((name, modalities, count, " ".join(entry.reads)))
    if as_json:
        keys = ("model", "modalities", "parameters", "reads")
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    shown = [(name, on, f"{count:,}", reads or "-") for name, on, count, reads in rows]
    print_columns(("model", "modalities", "parameters", "reads also"), shown)
