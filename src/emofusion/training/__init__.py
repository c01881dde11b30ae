"""From features and a split to the test predictions of one run."""

SELECTABLE = ("accuracy", "balanced_accuracy", "macro_f1", "loss")
"""What `training.select_on` can name in addition to registered metrics.

In a run's history.csv they are the columns `dev_accuracy` and so on.
"""
