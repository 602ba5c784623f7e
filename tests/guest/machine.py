"""One boot of a virtual machine: carries jobs in, brings their results out byte for byte, and leaves nothing behind.

The guest reports on a virtio port that QEMU writes to a file. There are three kinds of line, each in its time:

    ready UPTIME
    job NUMBER EXIT START END STDOUT-LENGTH STDERR-LENGTH      followed by that many bytes of each
    end
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from archive import Tree
from cache import need, search_path
from failure import GuestFailure
from kernel import BOOT_MODULES

HERE = Path(__file__).resolve().parent
BASE = "opt/guest"  # where agent and jobs lie in the guest
GRACE = 120  # seconds beyond a job's own limit until the guest itself is taken for hung
POLL = 0.1
CONSOLE_LINES = 40


@dataclass
class Job:
    user: str
    text: str
    limit: int  # seconds

    @property
    def title(self):
        lines = self.text.strip().splitlines() or [""]
        return f"{self.user}: {lines[-1]:.70}"


@dataclass
class Result:
    job: Job
    exit: int
    seconds: float
    stdout: bytes
    stderr: bytes

    @property
    def overdue(self):
        return self.exit != 0 and self.seconds >= self.job.limit


@dataclass
class Machine:
    kernel: object
    emulator: list  # the words with which its command line begins (emulator.py)
    payload: Tree  # copied over the root file system before it is entered
    disk: Path  # an ext4 file system; what the guest writes to it is discarded
    arguments: str = ""
    memory: int = 512
    cpus: int = 2
    accelerator: str = "tcg"
    boot_limit: int = 300
    devices: tuple = ()  # further words for QEMU's command line

    def run(self, jobs, console, on_ready, on_result):
        """Boots, runs the jobs in order and calls back for each; the console's text goes to the file `console`."""
        need("setpriv")
        with tempfile.TemporaryDirectory(prefix="guest-") as directory:
            work = Path(directory)
            (work / "initramfs").write_bytes(self._initramfs(jobs))
            (work / "results").touch()
            with open(work / "errors", "w+b") as errors:
                qemu = subprocess.Popen(self._command(work, console), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                        env={**os.environ, "PATH": search_path(), "TMPDIR": directory})
                try:
                    _follow(Reports(work / "results"), jobs, self.boot_limit, qemu, on_ready, on_result)
                except GuestFailure as failure:
                    if qemu.poll() is None:
                        _ask_where(work / "monitor", console)
                    errors.seek(0)
                    said = errors.read().decode(errors="replace").strip()
                    raise GuestFailure("\n".join(filter(None, [str(failure), said, _tail(console)]))) from None
                finally:
                    qemu.kill()
                    qemu.wait(timeout=60)

    def _initramfs(self, jobs):
        tree = initramfs(self.kernel, self.payload)
        tree.copy(HERE / "agent.sh", f"payload/{BASE}/agent")
        for number, job in enumerate(jobs, start=1):
            at = f"payload/{BASE}/jobs/{number:03}"
            script = job.text if job.text.startswith("#!") else "#!/bin/sh\n" + job.text + "\n"
            tree.file(f"{at}/script", script, 0o755)
            tree.file(f"{at}/user", job.user + "\n")
            tree.file(f"{at}/limit", f"{job.limit}\n")
        return tree.cpio()

    def _command(self, work, console):
        accelerator = "tcg,thread=multi" if self.accelerator == "tcg" else self.accelerator
        arguments = f"console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable no_timer_check unknown_nmi_panic {self.arguments}"
        return [
            # setpriv: the machine dies with this process, also when that is killed and cannot clean up.
            *["setpriv", "--pdeathsig", "KILL", *self.emulator],
            *"-nodefaults -no-user-config -display none -no-reboot".split(),
            *["-accel", accelerator, "-cpu", "max", "-smp", str(self.cpus), "-m", str(self.memory)],
            *["-kernel", str(self.kernel.image), "-initrd", str(work / "initramfs"), "-append", arguments],
            *["-drive", f"file={_escaped(self.disk)},if=virtio,format=raw,snapshot=on"],
            *["-serial", f"file:{console}"],
            *["-chardev", f"socket,id=monitor,path={_escaped(work / 'monitor')},server=on,wait=off", "-mon", "chardev=monitor,mode=control"],
            *["-device", "virtio-serial-pci", "-chardev", f"file,id=results,path={_escaped(work / 'results')}"],
            *["-device", "virtserialport,chardev=results,name=guest.results"],
            *self.devices,
        ]


def initramfs(kernel, payload):
    """What lays a tree over the root file system, and enters it."""
    tree = Tree()
    tree.file("bin/busybox", static_busybox(), 0o755)
    for directory in ("dev", "proc", "sys", "new"):
        tree.directory(directory)
    for number, file in enumerate(kernel.load_order(BOOT_MODULES)):
        tree.file(f"modules/{number:02}.ko", kernel.module(file))
    tree.copy(HERE / "initramfs.sh", "init")
    tree.graft(payload, "payload")
    return tree


class Reports:
    """Reads the guest's reports from the growing file."""

    def __init__(self, path):
        self._path = path
        self._offset = 0

    def next(self):
        """The next report as (words of its line, its bytes), or None while it is not there whole."""
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            line = file.readline()
            if not line.endswith(b"\n"):
                return None
            words = line.decode(errors="replace").split()
            length = sum(map(int, words[5:7])) if words[:1] == ["job"] else 0
            body = file.read(length)
            if len(body) < length:
                return None
            self._offset = file.tell()
            return words, body

    def await_next(self, what, limit, qemu):
        deadline = time.monotonic() + limit
        while True:
            ended = qemu.poll() is not None  # asked first: whatever was written before the end is then in the file
            report = self.next()
            if report:
                return report
            if ended:
                raise GuestFailure(f"the guest ended while {what} (QEMU ended with {qemu.returncode})")
            if time.monotonic() > deadline:
                raise GuestFailure(f"the guest did not answer within {limit} s while {what}")
            time.sleep(POLL)


def _follow(reports, jobs, boot_limit, qemu, on_ready, on_result):
    words, _ = reports.await_next("booting", boot_limit, qemu)
    if words[0] != "ready":
        raise GuestFailure(f"the guest did not say that it is ready, but {words}")
    on_ready(float(words[1]))
    for number, job in enumerate(jobs, start=1):
        words, body = reports.await_next(f"running {job.title}", job.limit + GRACE, qemu)
        if words[:2] != ["job", f"{number:03}"]:
            raise GuestFailure(f"the guest did not report on job {number}, but {words}")
        start, end, length = float(words[3]), float(words[4]), int(words[5])
        on_result(Result(job, int(words[2]), end - start, body[:length], body[length:]))


def _ask_where(monitor, console):
    """Of a guest that hangs: writes the state of its processors into a file beside the console's, and has its kernel say on the console
    where it was, by an NMI. Best effort: the failure is told in any case."""
    questions = ("info registers -a", "info lapic 0", "info lapic 1", "info irq", "nmi")
    asked = [{"execute": "human-monitor-command", "arguments": {"command-line": words}} for words in questions]
    with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as connection, open(f"{console}.hung", "w") as file:
        connection.settimeout(2)
        connection.connect(str(monitor))
        for command in ({"execute": "qmp_capabilities"}, *asked):
            connection.sendall(json.dumps(command).encode() + b"\n")
        for line in connection.makefile():
            answer = json.loads(line).get("return")
            if isinstance(answer, str):
                file.write(answer.replace("\r", ""))


def static_busybox():
    for path in ("/usr/bin/busybox", "/bin/busybox"):
        if os.path.exists(path):
            if not is_static(path):
                raise GuestFailure(f"{path} is not static: the package busybox-static is needed")
            return Path(path).read_bytes()
    raise GuestFailure("not installed: busybox-static (tests/guest/install-deps installs it)")


def is_static(path):
    """Whether a 64-bit ELF program asks for no dynamic loader."""
    data = Path(path).read_bytes()
    if data[:5] != b"\x7fELF\x02":
        raise GuestFailure(f"{path} is not a 64-bit ELF program")
    table = int.from_bytes(data[0x20:0x28], "little")
    size = int.from_bytes(data[0x36:0x38], "little")
    count = int.from_bytes(data[0x38:0x3A], "little")
    interpreter = 3
    kinds = (int.from_bytes(data[at:at + 4], "little") for at in range(table, table + count * size, size))
    return interpreter not in kinds


def ends_on_signals():
    """Makes a termination signal an ordinary exit, so that what was opened is closed and removed."""
    def leave(number, _):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, leave)


def _escaped(path):
    return str(path).replace(",", ",,")


def _tail(console):
    try:
        lines = Path(console).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(["the end of the console:", *lines[-CONSOLE_LINES:]]) if lines else ""
