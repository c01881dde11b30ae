import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from emofusion.models import build_model, defined_modalities

EVERY_SYSTEM = [
    (model, modalities) for model, sets in defined_modalities().items() for modalities in sets
]


def test_the_paper_s_three_modal_models_have_their_known_parameter_counts():
    def count(name):
        return sum(parameter.numel() for parameter in build_model(name, "tva").parameters())

    assert count("self") == 1_645_892
    assert count("cross") == 1_820_132


def test_the_committed_config_builds_the_same_models_as_the_defaults():
    config = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text())
    lengths = {name: section["max_length"] for name, section in config["features"].items()}
    built = build_model("self", "tva", lengths=lengths, **config["architecture"])
    assert str(built) == str(build_model("self", "tva"))  # names every layer with its sizes


@pytest.mark.parametrize(("model", "modalities"), EVERY_SYSTEM)
def test_every_model_maps_padded_inputs_to_seven_logits_and_trains_all_its_parts(model, modalities):
    torch.manual_seed(0)
    network = build_model(model, modalities)
    inputs = {
        "text": torch.randn(3, 128, 300),
        "vision": torch.randn(3, 32, 2048),
        "audio": torch.randn(3, 1000, 120),
    }
    logits = network(inputs)
    assert logits.shape == (3, 7)
    logits.square().sum().backward()
    without_gradient = [
        name
        for name, p in network.named_parameters()
        if p.grad is None or not p.grad.isfinite().all()
    ]
    assert without_gradient == []


def test_unknown_models_and_undefined_modalities_are_refused_by_name():
    with pytest.raises(ValueError, match="'slef' is not a model; known are cross, self"):
        build_model("slef", "tva")
    with pytest.raises(ValueError, match="cross is not defined on 't', only on tv, ta, va, tva"):
        build_model("cross", "t")


def test_the_workflow_can_list_the_models_without_importing_torch():
    code = "import sys, emofusion.config; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
