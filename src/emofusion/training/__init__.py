"""From features and a split to the test predictions of one run."""
