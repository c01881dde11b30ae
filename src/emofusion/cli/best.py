"""The best systems, and their equals."""

import textwrap
from dataclasses import asdict

from emofusion.cli.columns import print_json
from emofusion.cli.given import Json, ResultsFolder, results_folder

RELATIONS = {
    "better": "better in the test, though with a lower mean",
    "undecided": "cannot be separated from it",
    "equivalent": "equivalent to it within the margin",
    "worse": "worse than it",
    "not compared": "not compared with it (only models on the same modalities are)",
}


def best(results: ResultsFolder = None, as_json: Json = False) -> None:
    """Name the best systems, and those that tests cannot separate from them.

    For each metric: the system with the highest mean, and how the tests relate all others to it.

    Example: emofusion best --results results/demo
    """
    from emofusion.evaluation.best import best_systems

    found = best_systems(results_folder(results))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        metric = one.metric.replace("_", " ")
        value = f"{one.mean:.3f} ± {one.std:.3f} over {one.runs} runs"
        print(f"{metric}: {one.system} has the highest mean, {value}")
        for relation, words in RELATIONS.items():
            rivals = [rival for rival in one.rivals if rival.relation == relation]
            if rivals:
                names = ", ".join(f"{rival.system} {rival.mean:.3f}" for rival in rivals)
                text = f"{words}: {names}"
                print(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="    "))
