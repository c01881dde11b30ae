"""The figures: a file says in `FIGURES` which it defines, and has a function for each.

    name(**read, **used) -> matplotlib.figure.Figure

The facts are those of a table (`emofusion.reporting.tables`). The caption of both reports is
`rules/captions/<name>.rst`, for a file outside the package `<name>.rst` next to it. The figure of
attention has a rule of its own.
"""
