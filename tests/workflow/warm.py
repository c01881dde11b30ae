"""An interpreter that has imported the workflow's libraries: each of its starts is a fork.

Serves until its standard input ends: python warm.py SOCKET LAUNCHER. The launcher, a script written
here, stands for the interpreter: it knows `LAUNCHER -m module ...` and `LAUNCHER script ...`.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from pathlib import Path

LIBRARIES = [
    "av",
    "h5py",
    "librosa.feature.spectral",
    "matplotlib.figure",
    "nltk",
    "pandas",
    "pydantic",
    "scipy.stats",
    "sklearn.metrics",
    "snakemake.cli",
    "statsmodels.stats.multitest",
    "torch",
    "torchvision",
]
LAUNCHER = """#!{python} -IS
import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"0"], [0, 1, 2])
    server.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.recv(9) or 1))
"""


def main(address, launcher):
    for name in LIBRARIES:
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as server:
        gc.freeze()  # a collection in a fork would copy all of this
        server.bind(address)
        server.listen()
        Path(launcher).write_text(LAUNCHER.format(python=sys.executable, address=address))
        Path(launcher).chmod(0o755)
        sys.executable = launcher
        print("ready", flush=True)
        signal.signal(signal.SIGCHLD, reap)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            client, _ = server.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                server.close()
                serve(client)
            client.close()


def reap(*_):
    """Take note of all processes that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def serve(client):
    """Run what a client asks for, in its place, and tell it how that ended."""
    _, standard, *_ = socket.recv_fds(client, 1, 3)
    arguments, folder, environment = json.load(client.makefile())
    for number, file in enumerate(standard):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    status = 1
    try:
        status = run(arguments, environment.get("PYTHONPATH", ""))
    except Exception:
        traceback.print_exc()
    finally:  # as the interpreter ends, but without clearing memory that was never its own
        atexit._run_exitfuncs()
        sys.stdout.flush()
        client.sendall(str(status).encode())
        os._exit(status)


def run(arguments, path):
    """Run a module or a script; returns its exit status."""
    module = arguments[0] == "-m"
    sys.argv = arguments[module:]
    here = str(Path.cwd() if module else Path(arguments[0]).parent)
    sys.path[:1] = [here, *filter(None, path.split(os.pathsep))]
    try:
        if module:
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    return 0


if __name__ == "__main__":
    main(*sys.argv[1:])
