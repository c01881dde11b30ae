"""From metrics and comparisons to the tables and figures of the paper."""
