"""Whether a configuration is valid."""

from emofusion.cli.given import Files, Pairs, configuration


def check_config(files: Files = None, config: Pairs = None) -> None:
    """Check a configuration as the workflow does.

    Example: emofusion check-config protocols/demo.yaml --config folds=[1] seeds=[1]
    """
    from emofusion.config.loading import load_config

    checked = load_config(configuration(files, config))
    systems = checked.systems()
    runs = len(systems) * len(checked.folds) * len(checked.seeds)
    print(
        f"The configuration is valid: {len(systems)} systems x {len(checked.folds)} folds "
        f"x {len(checked.seeds)} seeds = {runs} runs, results in {checked.results}"
    )
