"""The tables. A file lists its tables in the dict `TABLES` and defines a function for each.

    name(**read, **used) -> emofusion.reporting.layout.Table

Facts of a table: `title`, for the HTML report; `reads`, names of what it is given as frames
(`emofusion.reporting.inputs`); `uses`, names of settings (`Plan.values_of`); `needs`, what must be
there (`Plan.tables`); `says`, what the printed report says of it; `order`, among the tables. The
caption of the HTML report is `rules/captions/<name>.rst`, for a file outside the package
`<name>.rst` next to it.
"""
