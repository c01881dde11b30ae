"""Extract the features of a session with a registered extractor."""

from pathlib import Path

from emofusion.features.extract import extract
from emofusion.frames import read_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        extract(
            snakemake.params.extractor,
            read_frame(Path(snakemake.input.selected)),
            Path(snakemake.params.root),
            Path(snakemake.output.features),
            settings=snakemake.params.settings,
            files=snakemake.params.files,
            device=snakemake.params.device,
            threads=snakemake.threads,
            extensions=snakemake.params.extensions,
        )


if __name__ == "__main__":
    main(snakemake)
