"""What a job computes on: its device, shared with other jobs of the machine, and its memory."""

import ctypes
import hashlib
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from emofusion.environment import no_temporary_files
from emofusion.errors import DataError
from emofusion.gpus import card_names, visible_gpus

log = logging.getLogger(__name__)

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""Numbers of two options of glibc's `mallopt`, from malloc.h; see `keep_memory`."""

OUT_OF_MEMORY = r"(?i)out of memory|ALLOC(ATION)?_FAILED|_STATUS_NOT_INITIALIZED"
"""Messages of CUDA, cuBLAS and cuDNN that lack memory.

`_STATUS_NOT_INITIALIZED` is what a library says that has too little memory to start.
"""
EXCLUSIVE = "busy or unavailable"
"""CUDA's error 46: another process uses the GPU exclusively."""


@contextmanager
def lease_device(wanted: str) -> Iterator[torch.device]:
    """Give a device until the block ends: `auto` a GPU where there is one, else the CPU.

    Only GPUs count that the process may see (`CUDA_VISIBLE_DEVICES`, which a scheduler sets) and
    that this build of torch has code for. Of several it takes one that the fewest jobs use at that
    moment (`least_loaded`).

    Raises:
        DataError: `cuda` on a machine without a usable GPU, GPUs that this build of torch has no
            code for, or a GPU that has no memory left or is used exclusively by another process.
    """
    if wanted == "cpu" or not torch.cuda.is_available():
        if wanted != "cpu":
            _tell_why_not(wanted)
        yield torch.device("cpu")
        return
    usable = _usable_gpus()
    names = [str(torch.cuda.get_device_properties(index).uuid) for index in usable]
    with least_loaded(names) as place:
        chosen = usable[place]
        card = torch.cuda.get_device_name(chosen)
        log.info("GPU %d of %d: %s", chosen, torch.cuda.device_count(), card)
        with _named_gpu_errors(card):
            torch.cuda.set_device(chosen)  # this already needs memory
            yield torch.device("cuda", chosen)


def _tell_why_not(wanted: str) -> None:
    """Warn if torch cannot use the GPUs of this machine.

    Raises:
        DataError: `cuda` is wanted.
    """
    if visible_gpus():
        found = ", ".join(card_names() or visible_gpus())
        problem = (
            f"this machine has a GPU ({found}) that torch cannot use: {_why_torch_has_no_gpu()}"
        )
        advice = "Update its driver or install another build of torch (README: PIP_OPTIONS)"
        if wanted == "cuda":
            raise DataError(f"device: cuda is asked for, but {problem}. {advice}")
        message = (
            f"{problem}. The job runs on the CPU, which takes far longer. {advice}; if the CPU is "
            "what you want: --config device=cpu"
        )
        log.warning("%s", message)
        print(f"\nemofusion: {message}\n", file=sys.stderr)  # nobody reads a good job's log
    elif wanted == "cuda":
        named = os.environ.get("CUDA_VISIBLE_DEVICES")
        hidden = "" if named is None else f" (CUDA_VISIBLE_DEVICES is {named!r})"
        raise DataError(
            f"device: cuda is asked for, but torch sees no GPU here{hidden}; set device to auto or "
            "cpu"
        )


def _why_torch_has_no_gpu() -> str:
    """Why torch has no GPU, without torch's advice, and which driver it expects."""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built without CUDA"
    reason = "it gives no reason"
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        code = re.search(r"Error \d+: .*", str(error))
        reason = code[0] if code else re.split(r"\. |\n", str(error))[0]
    return f"{reason}; torch {torch.__version__} expects a driver for CUDA {torch.version.cuda}"


def _usable_gpus() -> list[int]:
    """Indices of the GPUs that this build of torch has code for.

    Raises:
        DataError: it has code for none of them.
    """
    built = torch.cuda.get_arch_list()
    indices = range(torch.cuda.device_count())
    capabilities = [torch.cuda.get_device_capability(index) for index in indices]
    usable = [index for index in indices if _has_code_for(capabilities[index], built)]
    for index in set(indices) - set(usable):
        major, minor = capabilities[index]
        message = (
            f"GPU {index} ({torch.cuda.get_device_name(index)}) has compute capability "
            f"{major}.{minor}, and torch {torch.__version__} has code for {' '.join(built)} only"
        )
        if not usable:
            raise DataError(
                f"{message}. Install a build of torch that has it (README: PIP_OPTIONS), or "
                "compute on the CPU: --config device=cpu"
            )
        log.warning("%s: it is left out", message)
    return usable


def _has_code_for(capability: tuple[int, int], built: Sequence[str]) -> bool:
    """Whether a build of torch runs on a GPU.

    Machine code (sm_86) runs on cards of its major version from its minor version on, intermediate
    code (compute_90) on all later ones. If a name has another form (a GPU of another maker), the
    answer is yes.
    """
    known = [re.fullmatch(r"(sm|compute)_(\d+)(\d)[af]?", name) for name in built]
    names = [name for name in known if name]
    if len(names) < len(built) or not names:
        return True
    for kind, *version in (name.groups() for name in names):
        major, minor = map(int, version)
        if kind == "compute" and (major, minor) <= capability:
            return True
        if major == capability[0] and minor <= capability[1]:
            return True
    return False


@contextmanager
def _named_gpu_errors(card: str) -> Iterator[None]:
    """Raise our own message if a GPU has no memory left, or is used exclusively by another process.

    Raises:
        DataError: either, whether torch's allocator, CUDA or one of its libraries reports it.
    """
    try:
        yield
    except RuntimeError as error:
        found = str(error).partition("\n")[0].partition(" If reserved")[0]
        if isinstance(error, torch.cuda.OutOfMemoryError) or re.search(OUT_OF_MEMORY, found):
            raise DataError(
                f"The GPU ({card}) has no memory left ({found}). Train fewer seeds side by side "
                "(--config seeds_per_job=1), or let fewer jobs share the GPUs: --resources gpu=N, "
                "N jobs on all GPUs together. nvidia-smi shows who else uses them"
            ) from None
        if EXCLUSIVE in found:
            raise DataError(
                f"The GPU ({card}) takes no further process ({found}): its compute mode allows "
                "one process, or none. Run no more jobs than there are GPUs (--resources gpu=N), "
                "and wait until other processes have left it (nvidia-smi shows them)"
            ) from None
        raise


@contextmanager
def least_loaded(names: Sequence[str], folder: Path | None = None) -> Iterator[int]:
    """Hold a place on one of several devices until the block ends; yields the device's index.

    A place is a lock of the operating system, which releases it when the process ends. A process
    takes the free place of the lowest level: a second one on any device only if the first one of
    every device is taken. Processes that start one after the other are spread evenly; when some
    have ended, the rest may be uneven, since no process moves.

    Args:
        names: names of the devices, the same in all processes of the machine.
        folder: folder of the lock files, on a local disk.
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
    """Allow only one process of this machine at a time in a folder.

    Jobs of a killed workflow may still run; they must not write at the same time as those of the
    next start.
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
    """Make the C library keep the memory that tensors free, for the next step.

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
    """The user's own folder for lock files, in the system's folder for temporary files.

    That folder (TMPDIR, if it is set) has to be on a local disk: on a shared one locks may not
    hold. Nothing checks this; there is only a warning if it is the working folder.

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
