"""Extract ResNet features of the speaker's half frame."""

from pathlib import Path

import emofusion  # noqa: F401 (before torch, whose start it settles)

# isort: split
import torch

from emofusion.corpora.table import read_table
from emofusion.features.vision import extract_vision
from emofusion.joblog import job_log
from emofusion.training.device import lease_device


def main(snakemake):
    with job_log(snakemake.log[0]):
        torch.set_num_threads(snakemake.threads)
        with lease_device(snakemake.params.device) as device:
            extract_vision(
                read_table(Path(snakemake.input.selected)),
                Path(snakemake.params.root),
                Path(snakemake.output.features),
                settings=snakemake.params.vision,
                weights=snakemake.params.weights,
                device=device,
            )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
