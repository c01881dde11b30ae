"""Say what training shares with the partitions that it is judged on."""

from pathlib import Path

import pandas as pd

from emofusion.frames import read_frame, write_frame
from emofusion.joblog import job_log
from emofusion.splits.leakage import audio_hashes, class_counts, leakage


def main(snakemake):
    with job_log(snakemake.log[0]):
        tables = (pd.read_csv(path) for path in snakemake.input.splits)
        splits = dict(zip(snakemake.params.folds, tables, strict=True))
        selected = read_frame(Path(snakemake.input.selected))
        files = [Path(path) for path in snakemake.input.audio]
        audio = audio_hashes(files[0], selected["utterance_id"]) if files else None
        shared = leakage(splits, selected, snakemake.params.by, audio)
        write_frame(shared, snakemake.output.leakage, float_format="%.4f")
        write_frame(class_counts(splits), snakemake.output.classes)


if __name__ == "__main__":
    main(snakemake)
