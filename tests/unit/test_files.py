import pytest

from emofusion.files import replacing


def test_a_file_appears_whole(tmp_path):
    target = tmp_path / "new" / "a.txt"
    with replacing(target) as path:
        path.write_text("x")
        assert not target.exists()
    assert target.read_text() == "x"


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail():
        with replacing(target) as path:
            path.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
