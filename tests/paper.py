"""The committed configuration: the paper's protocol."""

from pathlib import Path

import yaml

CONFIG = yaml.safe_load((Path(__file__).parents[1] / "config.yaml").read_text())
TRAINING = CONFIG["training"]
