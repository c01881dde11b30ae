"""From the predictions of runs to metrics and comparisons."""
