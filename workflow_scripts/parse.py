"""Read the release into the utterance table."""

from pathlib import Path

from emofusion.corpora.iemocap import read_release
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        utterances = read_release(Path(snakemake.params.root))
        with replacing(Path(snakemake.output.utterances)) as path:
            utterances.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
