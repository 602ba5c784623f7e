"""What is fetched or built once and kept: a directory, and a lock for those who fill it."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from failure import GuestFailure

LOCK_DEADLINE = 1800  # seconds: another process may be building the whole system image


def default_directory():
    configured = os.environ.get("ISOLAB_GUEST_CACHE")
    return Path(configured) if configured else Path(__file__).resolve().parents[2] / "target" / "guest"


def say(text):
    print(f"guest: {text}", file=sys.stderr, flush=True)


def kept(path, make):
    """A path in the cache; `make(path)` is called, with the cache locked, when it is not there. It must move it into
    place whole, so that a cache that is complete can be used without a lock and without the right to write to it."""
    if not path.exists():
        with _locked(path.parent):
            if not path.exists():
                make(path)
    return path


@contextlib.contextmanager
def _locked(directory):
    """Holds the cache alone; released by the kernel however this process ends."""
    directory.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + LOCK_DEADLINE
    with open(directory / "lock", "w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise GuestFailure(f"{directory} has been locked by another process for {LOCK_DEADLINE} s") from None
                time.sleep(0.2)
        yield


@contextlib.contextmanager
def scratch(directory, prefix):
    """A directory that is gone afterwards, beside the place its content is to be moved to."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=directory))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def need(*programs):
    missing = [program for program in programs if not shutil.which(program, path=search_path())]
    if missing:
        raise GuestFailure(f"not installed: {', '.join(missing)} (tests/guest/install-deps installs it)")


def search_path():
    """PATH with the sbin directories, which an ordinary user's PATH lacks."""
    return os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def call(command, deadline, **options):
    """Runs a program to its end and returns its standard output; its messages are shown only if it fails."""
    words = [str(word) for word in command]
    environment = {**os.environ, "PATH": search_path(), "LC_ALL": "C"}
    try:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment, start_new_session=True, **options)
    except OSError as error:
        raise GuestFailure(f"`{words[0]}` cannot be run: {error}") from None
    try:
        out, err = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        raise GuestFailure(f"`{' '.join(words)}` did not end within {deadline} s") from None
    finally:
        _end(process)
    if process.returncode != 0:
        tail = "\n".join(err.decode(errors="replace").splitlines()[-20:])
        raise GuestFailure(f"`{' '.join(words)}` ended with {process.returncode}:\n{tail}")
    return out.decode(errors="replace")


def _end(process):
    """Ends a program that is still running, with all that it started: first so that it can clean up, then at once."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
