"""The figures. A file lists its figures in the dict `FIGURES` and defines a function for each.

    name(**read, **used) -> matplotlib.figure.Figure

The facts are those of a table (`emofusion.reporting.tables`). The caption of both reports is
`rules/captions/<name>.rst`, for a file outside the package `<name>.rst` next to it. The attention
figure has a separate rule.
"""
