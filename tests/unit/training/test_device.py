import math
import multiprocessing
import os
import platform
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import torch

import emofusion.gpus
from emofusion.errors import DataError
from emofusion.gpus import visible_gpus
from emofusion.training import device
from emofusion.training.device import exclusive, lease_device, least_loaded

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def gpus(monkeypatch, tmp_path):
    """Two pretended GPUs of compute capability 9.0."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "pretended")
    monkeypatch.setattr(torch.cuda, "set_device", lambda index: None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: (9, 0))
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_90"])
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda index: SimpleNamespace(uuid=f"gpu-{index}")
    )
    monkeypatch.setattr(device, "local_folder", lambda name: tmp_path)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine whose GPUs torch does not see; returns how to put NVIDIA's files there."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(emofusion.gpus, "DEVICES", tmp_path)
    monkeypatch.setattr(emofusion.gpus, "DRIVER", tmp_path / "driver")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def put(*devices, model=None):
        for name in devices:
            (tmp_path / name).touch()
        if model:
            (tmp_path / "driver/0000:01:00.0").mkdir(parents=True)
            text = f"Model: \t\t {model}\nIRQ:   \t\t 98\n"
            (tmp_path / "driver/0000:01:00.0/information").write_text(text)

    return put


def test_auto_takes_the_cpu_where_there_is_no_gpu(machine, caplog, capsys):
    with lease_device("auto") as found:
        assert found.type == "cpu"
    assert (caplog.text, capsys.readouterr().err) == ("", "")


def test_cuda_without_a_gpu_is_refused(machine):
    with (
        pytest.raises(DataError, match="torch sees no GPU here; set device to auto"),
        lease_device("cuda"),
    ):
        pass


TOO_OLD = (
    "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU "
    "driver by downloading and installing a new version from the URL: http://example.org"
)
SWITCHED_OFF = (
    "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling "
    "NumCudaDevices() that might have already set an error? Error 802: system not yet initialized"
)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (TOO_OLD, r"torch cannot use: The NVIDIA driver .* \(found version 11040\); torch [\d.]+"),
        (SWITCHED_OFF, "torch cannot use: Error 802: system not yet initialized; torch"),
    ],
)
def test_a_gpu_that_torch_cannot_use_is_named_with_its_reason(
    machine, monkeypatch, caplog, capsys, said, reason
):
    def refuse():
        raise RuntimeError(said)

    monkeypatch.setattr(torch.cuda, "init", refuse)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    machine("nvidia0", "nvidiactl", model="NVIDIA A40")
    with lease_device("auto") as found:
        assert found.type == "cpu"
    terminal = capsys.readouterr().err
    for text in (caplog.text, terminal):
        assert re.search(f"NVIDIA A40.*{reason}.*expects a driver for CUDA 13.0", text)
        assert "README" in text
        assert "device=cpu" in text
        assert "Please" not in text
    with pytest.raises(DataError, match=f"device: cuda .*A40.*{reason}"), lease_device("cuda"):
        pass


def test_a_build_without_cuda_is_named_on_a_machine_with_a_gpu(machine, monkeypatch, caplog):
    monkeypatch.setattr(torch.version, "cuda", None)
    machine("nvidia0")
    with lease_device("auto"):
        pass
    assert re.search(
        r"nvidia0\) that torch cannot use: torch \S+ is built without CUDA", caplog.text
    )


@pytest.mark.parametrize("hidden", ["", "-1", "NoDevFiles"])
def test_gpus_that_are_kept_from_the_job_are_not_missed(machine, monkeypatch, caplog, hidden):
    machine("nvidia0")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    with lease_device("auto"), lease_device("cpu"):
        pass
    assert caplog.text == ""
    message = f"torch sees no GPU here .CUDA_VISIBLE_DEVICES is '{hidden}'"
    with pytest.raises(DataError, match=message), lease_device("cuda"):
        pass


@pytest.mark.parametrize(
    ("named", "count"),
    [(None, 2), ("1", 1), ("0,1", 2), ("GPU-8932f937", 1), ("0,-1,1", 1), ("", 0), ("-1", 0)],
)
def test_as_many_gpus_count_as_a_process_may_see(machine, monkeypatch, named, count):
    machine("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm")
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert len(visible_gpus()) == count


def test_under_wsl_the_driver_stands_for_a_gpu(machine, monkeypatch, tmp_path):
    monkeypatch.setattr(emofusion.gpus, "WINDOWS", tmp_path / "libcuda.so.1")
    assert visible_gpus() == []
    (tmp_path / "libcuda.so.1").touch()
    assert visible_gpus() == [str(tmp_path / "dxg")]


def test_without_device_files_there_is_no_gpu(machine, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert visible_gpus() == []


@pytest.mark.parametrize(
    ("capability", "built", "runs"),
    [
        ((8, 6), ["sm_80"], True),  # machine code runs on later cards of the same major version
        ((8, 0), ["sm_86"], False),
        ((9, 0), ["sm_80"], False),
        ((7, 0), ["sm_75", "sm_120"], False),
        ((12, 0), ["sm_75", "sm_120"], True),
        ((9, 0), ["sm_80", "compute_80"], True),  # intermediate code, on all later ones
        ((7, 5), ["compute_80"], False),
        ((9, 0), ["sm_90a"], True),
        ((9, 4), ["gfx942"], True),  # another maker's names say nothing
        ((9, 0), [], True),
    ],
)
def test_a_gpu_is_usable_if_torch_has_code_for_it(capability, built, runs):
    assert device._has_code_for(capability, built) == runs


def test_a_gpu_without_code_is_left_out_beside_others_and_refused_alone(gpus, monkeypatch, caplog):
    capabilities = [(7, 0), (9, 0)]
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: capabilities[index])
    with ExitStack() as jobs:
        assert [jobs.enter_context(lease_device("auto")).index for _ in range(2)] == [1, 1]
    assert "GPU 0 (pretended) has compute capability 7.0" in caplog.text
    capabilities[1] = (6, 1)
    expected = r"compute capability \d.\d, and torch \S+ has code for sm_75 sm_90 only"
    for wanted in ("auto", "cuda"):
        with pytest.raises(DataError, match=expected), lease_device(wanted):
            pass


def test_jobs_take_the_gpus_by_turns_and_cpu_stays_cpu(gpus):
    with ExitStack() as jobs:
        found = [jobs.enter_context(lease_device("auto")).index for _ in range(5)]
        assert found == [0, 1, 0, 1, 0]
        assert jobs.enter_context(lease_device("cpu")).type == "cpu"


def test_a_gpu_that_was_left_is_taken_first(gpus):
    with lease_device("cuda"), ExitStack() as second:
        second.enter_context(lease_device("cuda"))
        second.close()
        with lease_device("cuda") as found:
            assert found.index == 1


TORCH_S = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8.00 GiB. If "
    "reserved but unallocated memory is large try setting PYTORCH_ALLOC_CONF=expandable_segments"
)
OUT_OF_MEMORY = [
    torch.cuda.OutOfMemoryError(TORCH_S),
    RuntimeError("CUDA error: out of memory\nFor debugging consider CUDA_LAUNCH_BLOCKING=1"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_a_full_gpu_says_what_to_do_whoever_notices_it(gpus, error):
    with pytest.raises(DataError) as raised, lease_device("cuda"):
        raise error
    message = str(raised.value)
    assert re.match(r"The GPU \(pretended\) has no memory left \((CUDA|cuDNN)", message)
    assert re.search("seeds_per_job=1.*--resources gpu=N", message)
    for foreign in ("batch_size", "LAUNCH_BLOCKING", "PYTORCH_ALLOC_CONF"):
        assert foreign not in message


EXCLUSIVE = "CUDA error: CUDA-capable device(s) is/are busy or unavailable"


@pytest.mark.parametrize(
    ("said", "expected"),
    [("CUDA error: out of memory", "no memory left"), (EXCLUSIVE, "compute mode")],
)
def test_a_gpu_that_lets_no_process_in_is_named(gpus, monkeypatch, said, expected):
    def refuse(index):
        raise RuntimeError(said)

    monkeypatch.setattr(torch.cuda, "set_device", refuse)
    with pytest.raises(DataError, match=expected), lease_device("auto"):
        pass


def test_other_errors_of_a_job_stay_what_they_are(gpus):
    with pytest.raises(RuntimeError, match="shapes"), lease_device("auto"):
        raise RuntimeError("shapes cannot be multiplied")


def hold(folder, start, notes, seed):
    generator = random.Random(seed)
    start.wait()
    for _ in range(6):
        with least_loaded(["a", "b", "c"], folder) as index:
            began = time.monotonic()
            time.sleep(generator.uniform(0, 0.02))
            notes.put((index, began, time.monotonic()))
        time.sleep(generator.uniform(0, 0.005))


def test_of_many_processes_racing_no_device_ever_holds_more_than_its_share(tmp_path):
    count, notes, start = 14, FORK.Queue(), FORK.Event()
    processes = [
        FORK.Process(target=hold, args=(tmp_path, start, notes, seed)) for seed in range(count)
    ]
    for process in processes:
        process.start()
    start.set()
    found = [notes.get(timeout=60) for _ in range(6 * count)]
    for process in processes:
        process.join()
    for index in range(3):
        changes = sorted(
            change
            for i, began, ended in found
            if i == index
            for change in ((began, 1), (ended, -1))
        )
        held = [sum(step for _, step in changes[: n + 1]) for n in range(len(changes))]
        assert 0 < max(held) <= math.ceil(count / 3)


def stay(folder, ready):
    with least_loaded(["a"], folder):
        ready.set()
        time.sleep(60)


def test_a_process_that_is_killed_lets_go_of_its_device(tmp_path):
    ready = FORK.Event()
    process = FORK.Process(target=stay, args=(tmp_path, ready))
    process.start()
    ready.wait()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with least_loaded(["a"], tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["a.0.lock"]


def work(folder, order, number):
    with exclusive(folder):
        order.put(("in", number))
        time.sleep(0.1)
        order.put(("out", number))


def test_one_process_at_a_time_works_in_a_run_s_folder(tmp_path):
    order = FORK.SimpleQueue()  # its events are in the order in which they were put
    processes = [FORK.Process(target=work, args=(tmp_path, order, n)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    events = [order.get() for _ in range(6)]
    for first, second in zip(events[::2], events[1::2], strict=True):
        assert (first[0], second[0]) == ("in", "out")
        assert first[1] == second[1]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the setting")
def test_memory_is_kept_for_the_next_step():
    code = """
import resource
import torch
from emofusion.training.device import keep_memory

def cleared_pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(2**26, dtype=torch.uint8).fill_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

keep_memory()
print(cleared_pages(), sum(cleared_pages() for _ in range(20)))
"""
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    first, rest = map(int, result.stdout.split())
    assert rest < 20 * first / 2  # the C library finds the place again most of the time, not always
