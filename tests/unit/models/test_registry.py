import subprocess
import sys

import pytest
import torch
from paper import CONFIG
from tiny import TINY

from emofusion.errors import DataError
from emofusion.modalities import MODALITIES
from emofusion.models import build_model, registry

EVERY_SYSTEM = [
    (model, modalities) for model, entry in registry().items() for modalities in entry.sets()
]


def test_the_committed_config_builds_the_same_models_as_the_defaults():
    features = CONFIG["features"]
    lengths = {name: features[name]["max_length"] for name in MODALITIES.values()}
    built = build_model("self", "tva", lengths=lengths, **CONFIG["architecture"])
    assert str(built) == str(build_model("self", "tva"))  # names every layer with its sizes


@pytest.fixture
def deterministic():
    """As training runs."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(("model", "modalities"), EVERY_SYSTEM)
def test_every_model_maps_what_it_says_it_reads_to_logits_and_trains_all_its_parts(
    model, modalities, deterministic
):
    torch.manual_seed(0)
    reads = registry()[model].reads
    lengths = {"text": 12, "vision": 6, "audio": 20}
    widths = {"text": 5, "vision": 8, "audio": 4}
    names = [MODALITIES[letter] for letter in modalities]
    inputs = {name: torch.randn(3, lengths[name], widths[name]) for name in names}
    options = {}
    if "lengths" in reads:
        # Without a step, with some, with more than the input was cut to.
        inputs |= {f"{name}_lengths": torch.tensor([0, 4, 99]) for name in names}
    if "tokens" in reads and "text" in names:
        options["embedding"] = torch.randn(10, 5)
        inputs["text_tokens"] = torch.randint(0, 10, (3, 12))
        del inputs["text"]
    if "prosody" in reads and "audio" in names:
        widths["prosody"] = 2
        inputs["prosody"] = torch.randn(3, 2)
    network = build_model(model, modalities, lengths=lengths, widths=widths, classes=7, **options)
    logits = network(inputs)
    assert logits.shape == (3, 7)
    assert logits.isfinite().all()
    logits.square().sum().backward()
    without_gradient = [
        name
        for name, p in network.named_parameters()
        if p.grad is None or not p.grad.isfinite().all()
    ]
    assert without_gradient == []


@pytest.mark.parametrize("model", registry())
def test_every_model_says_by_known_words_what_it_reads_besides_its_modalities(model):
    assert set(registry()[model].reads) <= {"lengths", "tokens", "prosody"}


def test_sizes_are_known_with_their_defaults_without_an_import():
    assert registry()["self"].sizes == {
        "hidden": 60,
        "heads": 6,
        "attention_dropout": 0.1,
        "text_dropout": 0.0,
        "vision_steps": 25,
        "audio_steps": 500,
    }


def test_a_model_file_outside_the_package_is_found_and_built(tmp_path):
    (tmp_path / "mine.py").write_text(TINY)
    entry = registry([tmp_path / "mine.py"])["tiny"]
    assert (entry.module, entry.sets(), entry.sizes) == (None, ("t",), {"hidden": 4})
    network = build_model("tiny", "t", files=[tmp_path / "mine.py"], hidden=5)
    assert network({"text": torch.zeros(2, 3, 300)}).shape == (2, 7)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"cannot be read \(No such file"),
        ("def", "cannot be read as Python"),
        ("X = 1", "no literal MODELS"),
        ('MODELS = {"self": "t"}', "self is a model of .*selfcross.py already"),
        ("X = 'caf\xe9'".encode("latin-1"), "cannot be read as Python .*utf-8"),
        (b"X = '\0'", "cannot be read as Python"),
        ("MODELS = dict(mine='t')", r"MODELS is dict\(mine=.t.\), expected a literal"),
        ("MODELS = ['mine']", "MODELS is .*, expected a literal"),
        ("MODELS = {'mine': ['t', 'v']}", "MODELS is .*, expected a literal"),
        ("MODELS = {'mine': 'text at'}", "MODELS has text at for 'mine', expected any of t v a"),
        ("MODELS = {'mine': 't'}\nREADS = {'mine': 'length'}", "READS has length for 'mine'"),
        ("MODELS = {'mine': 't'}\nREADS = {'main': 'lengths'}", "READS has 'main', which is not"),
    ],
)
def test_a_file_that_is_no_model_file_is_named(tmp_path, content, message):
    if content is not None:
        content = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "mine.py").write_bytes(content)
    with pytest.raises(DataError, match=rf"mine.py(, line \d+)?: {message}"):
        registry([tmp_path / "mine.py"])


def test_tables_of_a_model_file_may_have_types(tmp_path):
    (tmp_path / "mine.py").write_text("MODELS: dict[str, str] = {'mine': 't ta'}\n")
    assert registry([tmp_path / "mine.py"])["mine"].sets() == ("t", "ta")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("from torch import nn", "import nn_of_mine", r", line 1: .*No module named 'nn_of_mine'"),
        ("nn.Linear(hidden, classes)", "nn.Linear(hidden)", r", line \d+: .*TypeError: .*missing"),
        ("def build(", "def make(", ": .*AttributeError: .*'build'"),
        ("return Tiny(", "return print(", ": .*gives NoneType, expected a torch.nn.Module"),
        ("mean(dim=1)", "mean(dim=0)", r": .*logits are \[128, 7\] .* of 2, expected \[2, 7\]"),
        ("hidden, classes)", "hidden, 4)", r": .*logits are \[2, 4\] .* of 2, expected \[2, 7\]"),
        ('["text"]', '["words"]', r", line \d+: .*KeyError: 'words'"),
    ],
)
def test_an_error_inside_a_model_file_names_it_and_the_line(tmp_path, old, new, message):
    assert old in TINY
    (tmp_path / "mine.py").write_text(TINY.replace(old, new))
    with pytest.raises(DataError, match=rf"mine\.py{message}") as refused:
        build_model("tiny", "t", files=[tmp_path / "mine.py"])
    assert "tiny on t cannot be built or used" in str(refused.value)


def test_trying_a_model_of_one_s_own_draws_no_random_number_of_training(tmp_path):
    drawing = TINY.replace("mean(dim=1)", "mean(dim=1) + torch.rand(1)")
    (tmp_path / "mine.py").write_text("import torch\n" + drawing)
    torch.manual_seed(1)
    network = build_model("tiny", "t", files=[tmp_path / "mine.py"])
    after = torch.rand(1)
    torch.manual_seed(1)
    torch.nn.Linear(300, 4), torch.nn.Linear(4, 7)
    assert torch.equal(after, torch.rand(1))
    assert network.training


def test_unknown_models_and_undefined_modalities_are_refused_by_name():
    known = ", ".join(registry())
    with pytest.raises(ValueError, match=f"'slef' is not a model; known are {known}"):
        build_model("slef", "tva")
    with pytest.raises(ValueError, match="cross is not defined on 't', only on tv, ta, va, tva"):
        build_model("cross", "t")


def test_the_workflow_can_list_the_models_without_importing_torch():
    code = "import sys, emofusion.config.loading; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_number_in_place_of_sets_means_every_set_of_so_many_modalities(tmp_path):
    (tmp_path / "mine.py").write_text("MODELS = {'mine': 2, 'other': 'tm mz'}\n")
    found = registry([tmp_path / "mine.py"])
    assert found["mine"].sets() == ("tv", "ta", "va", "tva")
    assert found["mine"].sets("tam") == ("ta", "tm", "am", "tam")
    assert found["other"].sets("tvam") == ("tm",)
