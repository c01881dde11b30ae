"""The state of every run."""

from collections import Counter
from pathlib import Path

from emofusion.cli.columns import print_columns, print_json
from emofusion.cli.given import Files, Json, Pairs, configuration


def status(files: Files = None, config: Pairs = None, as_json: Json = False) -> None:
    """Print the state of every run.

    It reads the files that jobs leave, so that it works while they run, and on a cluster.

    Example: emofusion status protocols/demo.yaml
    """
    import datetime

    from emofusion.config.loading import load_config
    from emofusion.plan import Plan
    from emofusion.status import STATES, by_fold, read_status, seconds_left

    checked = load_config(configuration(files, config))
    plan = Plan(checked, Path(checked.results))
    statuses = read_status(plan)
    left = seconds_left(plan, statuses)
    if as_json:
        runs = [
            {**one.key, "state": one.state, "accuracy": one.accuracy, "log": one.log}
            for one in statuses
        ]
        print_json({"results": plan.results, "seconds_left": left, "runs": runs})
        return
    print_columns(("model", "modalities", "fold", *STATES), by_fold(statuses))
    time_left = "unknown" if left is None else str(datetime.timedelta(seconds=round(left)))
    total = Counter(one.state for one in statuses)
    counts = ", ".join(f"{total[state]} {state}" for state in STATES)
    print(f"\n{len(statuses)} runs in {plan.results}: {counts}; training time left: {time_left}")
    rows = [
        (
            f"{key['model']}/{key['modalities']} fold {key['fold']} seed {key['seed']}",
            one.state,
            "-" if one.accuracy is None else f"{one.accuracy:.3f}",
            str(one.log),
        )
        for one in statuses
        if one.state in ("running", "failed")
        for key in [one.key]
    ]
    if rows:
        print()
        print_columns(("run", "state", "last development accuracy", "log"), rows)
