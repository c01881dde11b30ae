"""Compare every pair of models on the same modality set."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.claims import compare_claims
from emofusion.evaluation.comparison import Options, compare_systems, read_systems
from emofusion.evaluation.new_speakers import new_speakers
from emofusion.frames import read_frame, write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        paths = map(Path, snakemake.input.predictions)
        systems = read_systems(zip(snakemake.params.runs, paths, strict=True))
        given = (
            read_frame(Path(snakemake.input.selected)),
            pd.read_csv(snakemake.input.leakage),
            Options(**snakemake.params.statistics),
        )
        files = snakemake.params.extensions
        comparisons, verdicts = compare_systems(systems, *given, files)
        write_frame(comparisons, snakemake.output.comparisons)
        write_frame(verdicts, snakemake.output.verdicts)
        write_frame(compare_claims(systems, *given, files), snakemake.output.claims)
        write_frame(new_speakers(systems, *given), snakemake.output.new_speakers)


if __name__ == "__main__":
    main(snakemake)
