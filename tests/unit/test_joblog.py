import errno

import pytest

from emofusion.errors import DataError
from emofusion.joblog import job_log


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left"),
        (OSError(errno.EACCES, "Permission denied", "cache/x"), r"denied \(cache/x\).*XDG_CACHE"),
        (OSError(errno.EROFS, "Read-only file system", "out/x.csv"), r"read-only \(out/x.csv\)"),
        (DataError("a.wav: no sound"), "a.wav: no sound"),
    ],
)
def test_what_a_person_can_mend_ends_a_job_with_a_message(tmp_path, error, message):
    with pytest.raises(SystemExit, match=f"emofusion: .*{message}"), job_log(tmp_path / "log"):
        raise error


def test_a_mistake_of_ours_keeps_its_traceback(tmp_path):
    with pytest.raises(FileNotFoundError), job_log(tmp_path / "log"):
        raise FileNotFoundError(errno.ENOENT, "no such file", "x")
