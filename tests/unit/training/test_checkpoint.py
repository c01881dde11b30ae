import errno

import pytest
import torch

from emofusion.training import checkpoint as module
from emofusion.training.checkpoint import Checkpoint

STATE = {"weights": {"w": torch.arange(3.0)}, "history": [{"epoch": 1.0}], "best": None}


def test_a_state_comes_back_as_it_was(tmp_path):
    Checkpoint(tmp_path / "c.pt", "key").save(STATE)
    found = Checkpoint(tmp_path / "c.pt", "key").load()
    assert found["weights"]["w"].tolist() == [0, 1, 2]
    assert (found["history"], found["best"]) == (STATE["history"], None)


def test_a_state_of_other_settings_or_code_is_thrown_away(tmp_path):
    Checkpoint(tmp_path / "c.pt", "key").save(STATE)
    assert Checkpoint(tmp_path / "c.pt", "another").load() is None


@pytest.mark.parametrize("content", [b"", b"no state", b"PK\x03\x04cut off"])
def test_a_broken_file_is_no_state(tmp_path, content):
    (tmp_path / "c.pt").write_bytes(content)
    assert Checkpoint(tmp_path / "c.pt", "key").load() is None


def test_a_file_that_would_run_code_is_no_state(tmp_path):
    class Attack:
        def __reduce__(self):
            return (tmp_path.joinpath("attacked").touch, ())

    torch.save({"key": "key", "state": Attack()}, tmp_path / "c.pt")
    assert Checkpoint(tmp_path / "c.pt", "key").load() is None
    assert not (tmp_path / "attacked").exists()


def test_on_a_full_disk_the_state_before_stays(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "c.pt", "key")
    checkpoint.save({"number": 1})

    def full(content, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save({"number": 2})
    assert checkpoint.load() == {"number": 1}
    assert list(tmp_path.iterdir()) == [tmp_path / "c.pt"]


def test_a_saving_is_due_only_after_a_while(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    checkpoint = Checkpoint(tmp_path / "c.pt", "key", seconds=5)
    assert not checkpoint.due()
    now[0] += 5
    assert checkpoint.due()
    checkpoint.save(STATE)
    assert not checkpoint.due()
