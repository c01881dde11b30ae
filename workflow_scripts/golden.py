"""Hold the release against the counts and lengths that are known of it."""

import logging
from pathlib import Path

from emofusion.corpora.golden import PUBLISHED_FRAMING, compare
from emofusion.corpora.table import read_table
from emofusion.features.text import read_glove, tokenize
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        utterances = read_table(Path(snakemake.input.utterances))
        labelled = utterances[utterances["label"] != ""]
        tokens = [tokenize(transcript) for transcript in labelled["transcript"]]
        missing = None
        if snakemake.params.glove:
            types = {word for words in tokens for word in words}
            width = snakemake.params.text["width"]
            missing = len(types - read_glove(Path(snakemake.params.glove), types, width).keys())
        framing = snakemake.params.framing or PUBLISHED_FRAMING
        table = compare(labelled, tokens, missing, framing)
        logging.info("\n%s", table.to_string(index=False))
        with replacing(Path(snakemake.output.golden)) as path:
            table.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
