"""What a job computes on: its device, beside other jobs of the machine, and its memory."""

import ctypes
import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from emofusion.environment import no_temporary_files
from emofusion.errors import DataError

log = logging.getLogger(__name__)

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""As malloc.h numbers them."""


@contextmanager
def lease_device(wanted: str) -> Iterator[torch.device]:
    """Give a device until the block ends: `auto` a GPU where there is one, else the CPU.

    Of several GPUs it is the one with the fewest leases. Only those count that the process may see
    (`CUDA_VISIBLE_DEVICES`, which a scheduler sets).

    Raises:
        DataError: `cuda` on a machine without a usable GPU, or a GPU that runs out of memory.
    """
    count = torch.cuda.device_count() if wanted != "cpu" and torch.cuda.is_available() else 0
    if wanted == "cuda" and not count:
        raise DataError("device: cuda is asked for, but torch sees no GPU here; use auto or cpu")
    if not count:
        yield torch.device("cpu")
        return
    names = [str(torch.cuda.get_device_properties(i).uuid) for i in range(count)]
    with least_loaded(names) as chosen:
        log.info("GPU %d of %d: %s", chosen, count, torch.cuda.get_device_name(chosen))
        torch.cuda.set_device(chosen)
        try:
            yield torch.device("cuda", chosen)
        except torch.cuda.OutOfMemoryError as error:
            raise DataError(
                f"The GPU has no memory left ({error}). Let fewer jobs share it: start the "
                "workflow with --resources gpu=N, N jobs on all GPUs together; or make "
                "`training.batch_size` smaller"
            ) from None


@contextmanager
def least_loaded(names: Sequence[str], folder: Path | None = None) -> Iterator[int]:
    """Hold a place on a device, and give its index.

    A place is a lock of the operating system, which lets go of it when the process dies. Places are
    filled level by level: a second one on any device is taken only when every device has a first.
    So no device ever holds more than ceil(N / devices) of N processes.

    Args:
        names: of the devices, alike in all processes of the machine.
        folder: of the lock files, on a local disk.
    """
    folder = folder or local_folder("devices")
    level = 0
    while True:
        for index, name in enumerate(names):
            place = FileLock(folder / f"{name}.{level}.lock")
            try:
                place.acquire(blocking=False)
            except Timeout:
                continue
            try:
                yield index
            finally:
                place.release()
            return
        level += 1


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Let one process of this machine at a time work in a folder.

    After the workflow was killed its jobs may live on, and must not write beside those of the next
    start.
    """
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    lock = FileLock(local_folder("runs") / f"{name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        log.warning("%s: another process works here; waiting until it has ended", path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def keep_memory() -> None:
    """Let the C library keep for the next step what the tensors of this one give back.

    By default it returns large pieces to the system, which has to clear each page when they are
    asked for again. Only glibc has the setting; elsewhere nothing happens, nor in old versions,
    which refuse so high a threshold.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    if set_option(MMAP_THRESHOLD, 2**31 - 1):
        set_option(TRIM_THRESHOLD, 2**31 - 1)


def local_folder(name: str) -> Path:
    """A folder of the user's for lock files; never on a shared disk, where locks may not hold.

    Raises:
        DataError: no folder for temporary files can be written.
    """
    try:
        folder = Path(tempfile.gettempdir(), f"emofusion-{os.getuid()}", name)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise no_temporary_files(error) from None
    if folder.parents[1] == Path.cwd():
        log.warning("locks are in the working folder; set TMPDIR to a folder on the local disk")
    return folder
