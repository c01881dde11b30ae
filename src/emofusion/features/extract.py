"""Registry of extractors: each file lists its extractors in `EXTRACTORS`, with a function for each.

    extract_<name>(selected, root, path, *, settings, files, device)

writes a feature file (`emofusion.features.store.write`) with the features of the selected
utterances, in their order. Facts of an extractor: `modality`, the name of the feature file that it
makes; `settings`, its settings with their defaults; `does`, what it makes, for messages; `gpu`,
whether it can use one; `threads`, `memory` [GB] and `hours` that a job is given, which extracts one
session.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from emofusion.registry import find, function_of


def extract(
    extractor: str,
    selected: pd.DataFrame,
    root: Path,
    path: Path,
    *,
    settings: Mapping[str, Any],
    files: Mapping[str, str],
    device: str = "cpu",
    threads: int = 1,
    extensions: Sequence[str] = (),
) -> None:
    """Write the features of every selected utterance to a feature file.

    Args:
        extractor: a registered name.
        selected: the selected utterances, as the probe leaves them.
        root: the folder that their paths are relative to.
        path: the feature file to write.
        settings: settings of the extractor, with the content hash in place of a local file.
        files: {setting: local file}.
        device: auto, cpu or cuda; only for extractors that can use a GPU.
        threads: CPU threads of PyTorch; only for extractors that can use a GPU.
        extensions: files outside the package.

    Raises:
        DataError: as the extractor says.
    """
    function = function_of("EXTRACTORS", extractor, extensions)
    arguments = {"settings": settings, "files": files}
    if not find("EXTRACTORS", extensions)[extractor].facts["gpu"]:
        function(selected, root, path, **arguments, device="cpu")
        return
    # Here, since extractors without a GPU do not need torch.
    import torch

    from emofusion.training.device import lease_device

    torch.set_num_threads(threads)
    with lease_device(device) as leased:
        function(selected, root, path, **arguments, device=leased)
