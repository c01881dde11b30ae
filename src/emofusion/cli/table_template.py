"""An example of a table of utterances."""


def table_template() -> None:
    """Print an example of a corpus's table with every column.

    Example: emofusion table-template > corpus.csv
    """
    from emofusion.corpora.table.template import TEMPLATE

    print(TEMPLATE, end="")
