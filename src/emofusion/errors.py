"""Errors that a user of the pipeline meets."""


class DataError(ValueError):
    """Input that the pipeline cannot use: names the file, what was found, what was expected."""
