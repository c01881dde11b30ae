"""Draw the attention on some utterances, and write that over the words of all test utterances."""

import json
from pathlib import Path

from emofusion.evaluation.attention import find_attention, find_word_attention
from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.figures.attention import draw_attention
from emofusion.reporting.figures.style import save
from emofusion.training.run import set_determinism


def main(snakemake):
    with job_log(snakemake.log[0]):
        set_determinism(snakemake.threads)
        given, params = snakemake.input, snakemake.params
        features = {Path(path).stem: Path(path) for path in given.features}
        paths = [map(Path, files) for files in (given.weights, given.splits)]
        runs = list(zip(*paths, strict=True))
        shown = find_attention(runs, features, params.utterances, params.extensions)
        save(draw_attention(shown), [snakemake.output.pdf, snakemake.output.svg])
        words = find_word_attention(runs, features, params.extensions)
        with replacing(Path(snakemake.output.words)) as path:
            path.write_text(json.dumps(words), encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)
