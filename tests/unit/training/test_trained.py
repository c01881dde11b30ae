"""Weights that a run left, and files that are something else."""

import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from tiny import TINY
from torch import nn

from emofusion.errors import DataError
from emofusion.features.store.read import Sequences
from emofusion.models import build_model
from emofusion.training.trained import load_weights, restore

RECORD = {
    "model": "tiny",
    "modalities": "t",
    "labels": ["ang", "neu"],
    "lengths": {"text": 3},
    "dtype": "float32",
    "architecture": {"hidden": 2},
}
TEXT = Sequences("text.h5", [np.ones((3, 5), np.float32)], {"u": (0, 0, 3)})


@pytest.fixture
def files(tmp_path):
    (tmp_path / "tiny.py").write_text(TINY)
    return [tmp_path / "tiny.py"]


@pytest.fixture
def content(files):
    sizes = {"lengths": {"text": 3}, "widths": {"text": 5}, "classes": 2, "hidden": 2}
    network = build_model("tiny", "t", files=files, **sizes)
    return {
        "weights": network.state_dict(),
        "record": RECORD,
        "scalers": {},
        "extractors": {"text": {}},
    }


def saved(tmp_path, content, **how):
    torch.save(content, tmp_path / "weights.pt", **how)
    return tmp_path / "weights.pt"


def restored(path, files):
    return restore(load_weights(path), {"text": TEXT}, model_files=files)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_run_s_weights_are_restored(tmp_path, content, files, zipped):
    path = saved(tmp_path, content, _use_new_zipfile_serialization=zipped)
    network, inputs = restored(path, files)
    assert network(inputs.batch(["u"])).shape == (1, 2)
    assert all(torch.equal(network.state_dict()[k], v) for k, v in content["weights"].items())


def zipped(tmp_path):
    with zipfile.ZipFile(tmp_path / "weights.pt", "w") as archive:
        archive.writestr("a.txt", "text")


def written(content):
    return lambda tmp_path: (tmp_path / "weights.pt").write_bytes(content)


def torch_saved(content, **how):
    return lambda tmp_path: torch.save(content, tmp_path / "weights.pt", **how)


def cut(keep, **how):
    def write(tmp_path):
        torch.save({"layer.weight": torch.zeros(9, 9)}, tmp_path / "weights.pt", **how)
        content = (tmp_path / "weights.pt").read_bytes()
        (tmp_path / "weights.pt").write_bytes(content[:keep])

    return write


LEGACY = {"_use_new_zipfile_serialization": False}
HEADER = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
STATE = {"layer.weight": torch.zeros(3, 3), "layer.bias": torch.zeros(3)}


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (cut(300), "is cut off"),
        (cut(-10), "is cut off"),
        (cut(-10, **LEGACY), "is cut off or damaged"),
        (written(b""), "is an empty file"),
        (written(bytes(1000)), "is nothing but zero bytes"),
        (written(b"version https://git-lfs.github.com/spec/v1\n"), "is a Git LFS pointer"),
        (written(b"epoch,loss\n"), "is text"),
        (written(b"<html></html>"), "is a web page"),
        (written(len(HEADER).to_bytes(8, "little") + HEADER + bytes(4)), "is a safetensors file"),
        (written(pickle.dumps({"a": 1}, protocol=4)), "holds objects other than tensors"),
        (zipped, "is a zip archive that torch.save did not write"),
        (torch_saved(nn.Linear(2, 2)), "holds objects other than tensors"),
        (torch_saved(nn.Linear(2, 2), **LEGACY), "holds objects other than tensors"),
        (torch_saved(np.zeros(3)), "holds objects other than tensors"),
        (torch_saved(torch.zeros(3)), "holds one Tensor"),
        (torch_saved(STATE), "the file lacks weights, .* and holds layer.weight, layer.bias;"),
        (torch_saved({}), "the file lacks weights, .* and holds nothing"),
        (lambda tmp_path: (tmp_path / "weights.pt").mkdir(), "is a folder"),
    ],
)
def test_what_is_no_run_s_weights_is_named_without_foreign_advice(tmp_path, make, found):
    make(tmp_path)
    with pytest.raises(DataError, match=rf"weights\.pt: {found}.*expected the weights") as refused:
        load_weights(tmp_path / "weights.pt")
    assert "weights_only" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_weights_that_were_not_kept_say_how_to_keep_them(tmp_path):
    with pytest.raises(DataError, match=r"weights\.pt: no such file; set `keep_weights"):
        load_weights(tmp_path / "weights.pt")


def test_a_record_that_lacks_something_is_named(tmp_path, content):
    record = {key: value for key, value in RECORD.items() if key != "dtype"}
    with pytest.raises(DataError, match=r"weights\.pt: its record lacks dtype"):
        load_weights(saved(tmp_path, content | {"record": record}))
    with pytest.raises(DataError, match=r"weights\.pt: its record lacks model, .* holds nothing"):
        load_weights(saved(tmp_path, content | {"record": None}))


VECTORS = {"words": ["", "yes"], "embedding": torch.ones(2, 3)}
MADE = {"extractors": {"text": {"events": "keep"}}}
SCALER = {"audio": (torch.zeros(2), torch.ones(2))}


@pytest.mark.parametrize(
    ("change", "record", "found"),
    [
        ({}, {"modalities": "x"}, "found the modalities 'x', expected some of"),
        ({}, {"labels": ["ang", "ang"]}, "found the labels .*, expected a list with each class on"),
        ({}, {"labels": 2}, "found the labels 2"),
        ({}, {"dtype": "load"}, "found dtype 'load', expected float32 or float64"),
        ({}, {"lengths": {"audio": 3}}, "found no lengths of text"),
        ({}, {"lengths": None}, "parts of it are of another type"),
        ({"extractors": {}}, {}, "found no extractors of text"),
        ({"scalers": None}, {}, "parts of it are of another type"),
        ({"scalers": {"audio": (torch.tensor([np.nan]), torch.ones(1))}}, {}, "of audio that is n"),
        (
            {"scalers": {"audio": (torch.ones(1), torch.zeros(1))}},
            {},
            "of audio .* deviation of zero",
        ),
        (
            {"extractors": {"text": {}, "audio": {}}},
            {"modalities": "ta", "lengths": {"text": 3, "audio": 3}, "standardize_audio": True},
            "found no mean and deviation of audio",
        ),
        (MADE, {}, "found no words with their vectors"),
        (MADE | VECTORS | {"words": [""]}, {}, "found 1 words and 2 vectors"),
        (MADE | VECTORS | {"embedding": torch.full((2, 3), np.inf)}, {}, "or some not finite"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_named(tmp_path, content, change, record, found):
    load_weights(saved(tmp_path, content | MADE | VECTORS | {"scalers": SCALER}))  # in order
    path = saved(tmp_path, content | change | {"record": RECORD | record})
    with pytest.raises(
        DataError, match=rf"weights\.pt: its parts do not fit .*{found}.*; expected"
    ):
        load_weights(path)


def test_a_changed_byte_among_the_weights_is_noticed(tmp_path, content):
    content["weights"]["layers.0.bias"] = torch.tensor([3.0, 5.0])
    path = saved(tmp_path, content)
    changed = bytearray(path.read_bytes())
    changed[changed.index(np.array([3, 5], np.float32).tobytes())] ^= 1
    path.write_bytes(changed)
    with pytest.raises(DataError, match=r"weights\.pt: is damaged"):
        load_weights(path)


def with_weight(content, name, value):
    weights = {**content["weights"], name: value}
    return content | {"weights": {key: v for key, v in weights.items() if v is not None}}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("layers.0.bias", None, r"1 keys missing \(layers.0.bias\)"),
        ("layers.2.bias", torch.zeros(2), r"1 keys unknown \(layers.2.bias\)"),
        ("layers.0.weight", torch.zeros(2, 9), r"1 keys of another shape \(layers.0.weight\)"),
        ("layers.0.bias", [0.0, 0.0], "does not fit tiny on t"),
        ("layers.0.bias", torch.zeros(2).double(), "not finite or not float32"),
        ("layers.0.bias", torch.zeros(2).int(), "not finite or not float32"),
        ("layers.0.bias", torch.tensor([0, np.nan]), "not finite or not float32"),
    ],
)
def test_weights_that_do_not_fit_the_run_s_model_are_named(
    tmp_path, content, files, name, value, found
):
    path = saved(tmp_path, with_weight(content, name, value))
    with pytest.raises(DataError, match=rf"weights\.pt: .*{found}"):
        restored(path, files)


def test_a_size_that_the_model_no_longer_has_is_named(tmp_path, content, files):
    record = RECORD | {"architecture": {"layers": 3}}
    path = saved(tmp_path, content | {"record": record})
    with pytest.raises(DataError, match=r"tiny\.py.*unexpected keyword argument 'layers'"):
        restored(path, files)
    record = RECORD | {"model": "self", "architecture": {"layers": 3}}
    path = saved(tmp_path, content | {"record": record})
    with pytest.raises(DataError, match=r"weights\.pt: does not fit self on t .*'layers'"):
        restored(path, files)


def test_a_model_whose_file_is_not_given_is_named(tmp_path, content):
    with pytest.raises(DataError, match=r"'tiny' is not a model; .*--model-files"):
        restored(saved(tmp_path, content), [])
