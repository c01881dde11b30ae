"""What a person needs between runs: python -m emofusion <command>."""

import argparse
import logging
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emofusion.errors import DataError

ERRORS_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m emofusion", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for add in (
        _add_status,
        _add_models,
        _add_check_config,
        _add_predict,
        _add_confirm_folds,
        _add_trace,
        _add_judge,
        _add_errors,
        _add_best,
    ):
        add(commands)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return given.run(given)
    except DataError as error:
        print(f"emofusion: {error}", file=sys.stderr)
        return 2


def _add_status(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "status",
        help="where every run stands; for example: status protocols/demo.yaml",
    )
    _add_configuration(command)
    command.set_defaults(run=_status)


def _status(given: argparse.Namespace) -> int:
    import datetime

    from emofusion.config import load_config
    from emofusion.plan import Plan
    from emofusion.status import STATES, by_fold, read_status, seconds_left

    config = load_config(_given_configuration(given))
    plan = Plan(config, Path(config.results))
    statuses = read_status(plan)
    _print_columns(("model", "modalities", "fold", *STATES), by_fold(statuses))
    left = seconds_left(plan, statuses)
    time_left = "unknown" if left is None else str(datetime.timedelta(seconds=round(left)))
    total = Counter(status.state for status in statuses)
    counts = ", ".join(f"{total[state]} {state}" for state in STATES)
    print(f"\n{len(statuses)} runs in {plan.results}: {counts}; training time left: {time_left}")
    unfinished = [status for status in statuses if status.state in ("running", "failed")]
    rows = [
        (
            f"{key['model']}/{key['modalities']} fold {key['fold']} seed {key['seed']}",
            status.state,
            "-" if status.accuracy is None else f"{status.accuracy:.3f}",
            str(status.log),
        )
        for status in unfinished
        for key in [status.key]
    ]
    if rows:
        print()
        _print_columns(("run", "state", "last development accuracy", "log"), rows)
    return 0


def _add_models(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("models", help="list the models, where they are defined, sizes")
    command.add_argument("--model-files", nargs="+", default=[], help="your own, beside them")
    command.set_defaults(run=_models)


def _models(given: argparse.Namespace) -> int:
    from emofusion.models import build_model, registry

    rows = []
    for name, entry in registry(given.model_files).items():
        for modalities in entry.modalities:
            network = build_model(name, modalities, files=given.model_files)
            count = sum(parameter.numel() for parameter in network.parameters())
            rows.append((name, modalities, f"{count:,}", " ".join(entry.reads) or "-"))
    _print_columns(("model", "modalities", "parameters", "reads besides"), rows)
    return 0


def _add_check_config(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "check-config", help="check a configuration as the workflow does, without a run"
    )
    _add_configuration(command)
    command.set_defaults(run=_check_config)


def _add_configuration(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files", nargs="*", type=Path, help="overlays over config.yaml, in their order"
    )
    command.add_argument(
        "--config",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="as snakemake takes them",
    )


def _given_configuration(given: argparse.Namespace) -> dict[str, Any]:
    from emofusion.config import merge

    return merge([_configuration(*given.files), *map(_last, given.config)])


def _check_config(given: argparse.Namespace) -> int:
    from emofusion.config import load_config

    config = load_config(_given_configuration(given))
    systems = config.systems()
    runs = len(systems) * len(config.folds) * len(config.seeds)
    print(
        f"The configuration is valid: {len(systems)} systems x {len(config.folds)} folds "
        f"x {len(config.seeds)} seeds = {runs} runs, results in {config.results}"
    )
    return 0


def _last(pair: str) -> dict[str, Any]:
    """A key and its value from the command line."""
    import yaml

    key, equals, value = pair.partition("=")
    try:
        if not key or not equals:
            raise ValueError
        return {key: yaml.safe_load(value)}
    except (ValueError, yaml.YAMLError):
        raise DataError(
            f"--config {pair}: expected KEY=VALUE, the value in YAML, such as seeds=[1,2]"
        ) from None


def _configuration(*overlays: Path) -> dict[str, Any]:
    """The repository's config.yaml, with that of the working folder and then the overlays over it.

    The workflow does the same. The keys are not checked yet.
    """
    from emofusion.config import default_file, merge, read_yaml

    here = Path("config.yaml")
    files = [default_file(), *([here] if here.is_file() else []), *overlays]
    return merge(map(read_yaml, files))


def _add_predict(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "predict", help="class probabilities of one utterance by a run's weights.pt"
    )
    command.add_argument("run_folder", type=Path, help="of a run that kept its weights")
    command.add_argument("--wav", type=Path, help="sound of the utterance")
    command.add_argument("--video", type=Path, help="video of one person, or of two side by side")
    command.add_argument(
        "--side", choices=["left", "right", "whole"], help="where the speaker is; whole: one person"
    )
    command.add_argument(
        "--span",
        type=float,
        nargs=2,
        metavar=("START", "END"),
        help="start and end of the utterance in the video [s]; default: the whole video",
    )
    command.add_argument("--transcript", help="what was said")
    command.add_argument("--glove", type=Path, help="word vectors of words not met in training")
    command.add_argument("--backbone-weights", help="the weights file that the run's vision used")
    command.add_argument("--model-files", nargs="+", default=[], help="as in config.yaml")
    command.set_defaults(run=_predict)


def _predict(given: argparse.Namespace) -> int:
    from emofusion.prediction import predict

    probabilities = predict(
        given.run_folder / "weights.pt",
        wav=given.wav,
        video=given.video,
        side=given.side,
        span=given.span and tuple(given.span),
        transcript=given.transcript,
        glove=given.glove,
        backbone_weights=given.backbone_weights,
        model_files=given.model_files,
    )
    ranked = sorted(probabilities.items(), key=lambda pair: -pair[1])
    _print_columns(("class", "probability"), [(name, f"{p:.4f}") for name, p in ranked])
    return 0


def _add_confirm_folds(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "confirm-folds",
        help="compare the prepared folds with the published split as it is replayed on the release",
    )
    command.add_argument("release", type=Path, help="folder IEMOCAP_full_release")
    command.add_argument("folds", type=Path, help="folder seven_category_120")
    command.add_argument(
        "--class-order", nargs="+", help="labels by class number, where the counts do not tell"
    )
    command.set_defaults(run=_confirm_folds)


def _confirm_folds(given: argparse.Namespace) -> int:
    """0 if every partition agrees, 1 if not."""
    from emofusion.corpora.golden import PUBLISHED_FRAMING, frames_by_time
    from emofusion.corpora.iemocap import read_release
    from emofusion.corpora.yoon import IEMOCAP_COUNTS, confirm, read_folds, verdict
    from emofusion.splits import published_split

    release = read_release(given.release)
    chosen = release[release["label"].isin(given.class_order or list(IEMOCAP_COUNTS))]
    utterances, folds = read_folds(given.folds, class_order=given.class_order)
    table = confirm(
        utterances,
        folds,
        list(chosen["label"]),
        published_split,
        release_frames=frames_by_time(chosen, PUBLISHED_FRAMING),
    )
    print(table.to_string(index=False))
    print(verdict(table))
    return 0 if table["confirmed"].all() else 1


def _add_trace(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("trace", help="from a table's cell to the runs behind it")
    command.add_argument("table", help="table1 or table2")
    command.add_argument("model", help="for example self, or as printed: Self-noSP")
    command.add_argument("modalities", help="for example tva, or as printed: T+V+A")
    _add_results(command)
    command.set_defaults(run=_trace)


def _add_results(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--results",
        type=Path,
        help="folder of the results; default: that of config.yaml, else the only one found here",
    )


def _results(given: argparse.Namespace) -> Path:
    from emofusion.reporting.trace import find_results

    configured = Path(str(_configuration().get("results", "results")))
    return given.results or find_results(configured)


def _trace(given: argparse.Namespace) -> int:
    from emofusion.reporting.trace import RUN_COLUMNS, trace

    found = trace(_results(given), given.table, given.model, given.modalities)
    print(f"{found.title}\n")
    _print_columns(("printed", "metric", "cell"), found.cell)
    print(f"{found.remark}\n" if found.remark else "")
    _print_columns(RUN_COLUMNS, found.runs)
    print("\nAll these runs share")
    _print_columns(("what", "value"), found.shared)
    print("\nThey differ in" if found.differing else "\nThey differ in nothing but fold and seed")
    for what, values in found.differing.items():
        for value, runs in values.items():
            print(f"  {what}: {value} ({', '.join(runs)})")
    return 0


def _add_judge(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "judge", help="the evidence on any two systems, from predictions of each utterance"
    )
    for name in ("a", "b"):
        command.add_argument(
            name,
            type=Path,
            metavar=name.upper(),
            help="CSV with fold, seed, utterance_id, label, predicted, or a folder of runs",
        )
    command.add_argument(
        "--ratio",
        type=float,
        help="number of test utterances of a fold divided by that of its training utterances; "
        "default: from the split tables of our runs, else 1 / (folds - 1)",
    )
    command.add_argument(
        "--settings",
        type=Path,
        help="YAML whose section statistics is laid over that of config.yaml",
    )
    command.set_defaults(run=_judge)


def _judge(given: argparse.Namespace) -> int:
    from emofusion.config import merge, read_statistics, read_yaml
    from emofusion.evaluation.judge import judge

    if given.settings and not given.settings.is_file():
        raise DataError(
            f"{given.settings}: no such file; --settings expects a YAML file with the section "
            "statistics"
        )
    common = _configuration()
    own = read_yaml(given.settings) if given.settings else common
    raw = merge([common, own]) if "statistics" in own else own
    statistics = read_statistics(raw, given.settings or Path("config.yaml"))
    print(judge(given.a, given.b, statistics, given.ratio))
    return 0


def _add_errors(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "errors",
        help="utterances that one system gets right and another wrong; for example: "
        "errors self/tva cross/tva",
    )
    command.add_argument("a", metavar="A", help="a system as model/modalities")
    command.add_argument("b", metavar="B", help="another one")
    _add_results(command)
    command.add_argument("--csv", type=Path, help="file to write all of them to")
    command.set_defaults(run=_errors)


def _errors(given: argparse.Namespace) -> int:
    from emofusion.evaluation.disagreement import disagreement
    from emofusion.files import replacing

    table = disagreement(_results(given), given.a, given.b)
    if given.csv:
        with replacing(given.csv) as path:
            table.to_csv(path, index=False)
    right = (table["right_a"] > table["right_b"]).sum()
    print(f"A = {given.a}, B = {given.b}: {right} utterances right in A only, ", end="")
    print(f"{len(table) - right} in B only (right: in more than half of its runs)")
    shown = table.head(ERRORS_SHOWN)
    rows = [
        (
            row.utterance_id,
            row.label,
            f"{row.right_a:.0%} of {row.runs_a}",
            f"{row.right_b:.0%} of {row.runs_b}",
            f"{row.p_a:.2f}",
            f"{row.p_b:.2f}",
            textwrap.shorten(row.transcript, 40, placeholder=" …"),
        )
        for row in shown.itertuples()
    ]
    if rows:
        print()
        head = ("utterance", "label", "right in A", "right in B", "p A", "p B", "transcript")
        _print_columns(head, rows)
        print("\np: mean probability of the true class")
    if len(table) > len(shown):
        print(f"{len(table) - len(shown)} more; --csv FILE writes all of them")
    return 0


RELATIONS = {
    "better": "better in the test, though with a lower mean",
    "undecided": "cannot be told apart from it",
    "equivalent": "equivalent to it within the margin",
    "worse": "worse than it",
    "not compared": "not compared with it (only models on the same modalities are)",
}


def _add_best(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "best", help="the best system by each metric, and those it cannot be told apart from"
    )
    _add_results(command)
    command.set_defaults(run=_best)


def _best(given: argparse.Namespace) -> int:
    from emofusion.evaluation.best import best_systems

    for best in best_systems(_results(given)):
        metric = best.metric.replace("_", " ")
        value = f"{best.mean:.3f} ± {best.std:.3f} over {best.runs} runs"
        print(f"{metric}: {best.system} has the highest mean, {value}")
        for relation, words in RELATIONS.items():
            rivals = [r for r in best.rivals if r.relation == relation]
            if rivals:
                names = ", ".join(f"{rival.system} {rival.mean:.3f}" for rival in rivals)
                text = f"{words}: {names}"
                print(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="    "))
    return 0


def _print_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main())
