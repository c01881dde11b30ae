"""Read a session of the release into its utterance table."""

from pathlib import Path

from emofusion.corpora.iemocap import read_session
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        utterances = read_session(Path(snakemake.params.root), int(snakemake.wildcards.session))
        with replacing(Path(snakemake.output.utterances)) as path:
            utterances.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
