"""A figure from outside the package, in a file of its own."""

FIGURES = {"bars": {"title": "Means as bars", "reads": "runs", "uses": "systems"}}


def bars(runs, systems):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.4, 2.0))
    means = runs.groupby(["model", "modalities"])["accuracy"].mean()
    names = ["/".join(system) for system in systems]
    figure.subplots().bar(names, [means[tuple(system)] for system in systems])
    return figure
