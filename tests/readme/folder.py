"""A clean folder with a fresh Debian in it, and commands that are run there as if it were a machine of its own."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "guest"))
from cache import call, kept, need, say  # noqa: E402
from failure import GuestFailure  # noqa: E402

SUITE = "bookworm"
# What even a small installation has and Debian's smallest has not: an ordinary user may become root, and the network can be trusted.
PACKAGES = "sudo ca-certificates".split()
STUDENT = "student"
CHECKOUT = f"home/{STUDENT}/isolab"
INSTALLER = "static.rust-lang.org"
PROXIES = "http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY"
DRAWN = 200  # bytes: more than it takes to switch modes and to clear
SIZE = "stty rows 32 cols 110"  # the terminal of `script` has none


def system(cache):
    """The archive with the system; made when it is not there."""
    recipe = repr((SUITE, PACKAGES)).encode()
    return kept(cache / f"folder-{hashlib.sha256(recipe).hexdigest()[:12]}.tar", _build)


def _build(path):
    need("mmdebstrap")
    say("building the system for a clean folder, which takes a minute")
    part = path.with_suffix(".part")
    call(["mmdebstrap", "--format=tar", "--variant=minbase", "--aptopt=Acquire::Retries \"3\"", f"--include={','.join(PACKAGES)}", SUITE, part],
         deadline=1800)
    for outdated in path.parent.glob("folder-*.tar"):
        outdated.unlink()
    part.rename(path)


class Folder:
    """The system laid out, with a user and a clean clone of this repository in the user's home."""

    def __init__(self, root, archive, dist=None, installer=True):
        self.root = root
        self.toolchain = ""  # a directory of this machine that is read in the folder, once `lend_toolchain` was called
        self._environment = []
        call(["tar", "--extract", "--file", archive, "--directory", root, "--numeric-owner"], deadline=300)
        self._network()
        hosts = f"127.0.0.1 localhost {os.uname().nodename}\n"
        (root / "etc/hosts").write_text(hosts + ("" if installer else f"127.0.0.1 {INSTALLER}\n"))
        self.as_root(f"useradd --create-home --shell /bin/bash {STUDENT}")
        sudoers = root / "etc/sudoers.d" / STUDENT
        sudoers.write_text(f"{STUDENT} ALL=(ALL) NOPASSWD: ALL\n")
        sudoers.chmod(0o440)
        # The checkout may belong to somebody else than root.
        trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        # It may have no branch checked out, of which git would say a lot.
        silent = ["-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"]
        clone = ["git", *silent, "clone", "--quiet", "--depth=1", f"file://{TOP}", root / CHECKOUT]
        subprocess.run(clone, env={**os.environ, **trust}, stdin=subprocess.DEVNULL, check=True, timeout=300)
        if dist:
            shutil.copytree(dist, root / CHECKOUT / "target/dist")
        self.as_root(f"chown --recursive {STUDENT}: /{CHECKOUT}")

    def _network(self):
        """This machine's way to the network: its name servers, and whom it trusts besides those whom Debian does."""
        shutil.copyfile("/etc/resolv.conf", self.root / "etc/resolv.conf")
        trusted = Path("/usr/local/share/ca-certificates")
        if trusted.is_dir():
            shutil.copytree(trusted, self.root / trusted.relative_to("/"), dirs_exist_ok=True)
            self.as_root("update-ca-certificates")

    def as_root(self, script):
        """Prepares something; fails when it fails."""
        process = subprocess.run(self._enter(["sh", "-c", script]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, timeout=300)
        if process.returncode != 0:
            raise GuestFailure(f"in the folder, `{script}` ended with {process.returncode}: {process.stdout}")

    def lend_toolchain(self):
        """Puts this machine's own Rust toolchain into the folder's PATH, to be read only."""
        sysroot = Path(call(["rustc", "--print", "sysroot"], deadline=60).strip())
        self.toolchain = str(sysroot)
        self._environment = ["PATH=/opt/rust/bin:$PATH"]

    def command(self, line, deadline, log, environment=()):
        """Runs a line as the student in the checkout, as after a login. Gives the exit code."""
        with open(log, "wb") as file:
            process = subprocess.Popen(self._as_student(line, environment), stdin=subprocess.DEVNULL, stdout=file,
                                       stderr=subprocess.STDOUT)
            try:
                return process.wait(timeout=deadline)
            except subprocess.TimeoutExpired:
                raise GuestFailure(f"`{line}` did not end within {deadline} s") from None
            finally:
                _end(process)

    def screen(self, line, deadline, log):
        """The same on a terminal: waits until a screen is there, and leaves it with `q`. Gives the exit code, or that of a line that
        ended without one."""
        words = ["script", "--quiet", "--flush", "--return", "--command", f"{SIZE}; exec {line}", "/dev/null"]
        process = subprocess.Popen(self._as_student(words, ()), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, bufsize=0)
        screen = Screen(process.stdout)
        try:
            if not screen.wait_for_it(process, deadline):
                raise GuestFailure(f"`{line}` showed no screen within {deadline} s")
            for _ in range(5):
                if process.poll() is not None:
                    break
                process.stdin.write(b"q")
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    continue
            if process.poll() is None:
                raise GuestFailure(f"`{line}` was not left by q")
            if process.returncode == 0 and not screen.was_there:
                raise GuestFailure(f"`{line}` ended without a screen")
            return process.returncode
        finally:
            _end(process)
            log.write_bytes(screen.close())

    def save(self, path, text):
        """Writes a file in the checkout, as the student."""
        file = self.root / CHECKOUT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self.as_root(f"chown --recursive {STUDENT}: '/{CHECKOUT}/{path.split('/')[0]}'")

    def left(self):
        """What a run should have undone."""
        return [str(path.relative_to(self.root)) for path in (self.root / "var/tmp").glob("isolab-*")]

    def _as_student(self, line, environment):
        """`line` is for a shell, or a list of words."""
        line = line if isinstance(line, str) else " ".join(_quoted(word) for word in line)
        # README: what is written as `isolab` is target/release/isolab, or the one in PATH once it is installed.
        settings = [*self._environment, "PATH=$PATH:$PWD/target/release", *environment]
        exports = "".join(f"export {setting}; " for setting in settings)
        script = f"cd /{CHECKOUT} && {exports}{line}"
        return self._enter(["runuser", "--login", STUDENT, f"--whitelist-environment={PROXIES.replace(' ', ',')}", "--command", script])

    def _enter(self, command):
        # With this program ends unshare, and with it every process in the folder, and every mount.
        alone = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
                 "--uts", "--ipc", "--"]
        kept_of_host = ["env", "--ignore-environment", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm-256color",
                        *(f"{name}={os.environ[name]}" for name in PROXIES.split() if name in os.environ)]
        return [*kept_of_host, *alone, str(TOP / "tests/folder/enter.sh"), str(self.root), os.readlink("/proc/self/ns/mnt"), self.toolchain, *command]


class Screen:
    """What a program writes to its terminal, read by a thread so that the program never waits for that."""

    # A screen of its own, or the one that is there, emptied (`isolab lint --watch`).
    BEGINNINGS = (b"\x1b[?1049h", b"\x1b[H\x1b[2J")

    def __init__(self, stream):
        self._stream, self._written = stream, bytearray()
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while chunk := self._stream.read(65536):
            with self._lock:
                self._written += chunk

    @property
    def was_there(self):
        return self._drawn() is not None

    def _drawn(self):
        """What came after the beginning of a screen; None before that."""
        with self._lock:
            written = bytes(self._written)
        found = [written.partition(beginning) for beginning in self.BEGINNINGS]
        return next((drawn for _, begun, drawn in found if begun), None)

    def wait_for_it(self, process, deadline):
        """Whether something was drawn, or the program has ended."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            drawn = self._drawn()
            if drawn is not None and len(drawn) >= DRAWN:
                return True
            if process.poll() is not None:
                return True
            time.sleep(0.05)
        return False

    def close(self):
        self._reader.join(timeout=20)
        with self._lock:
            return bytes(self._written)


def _quoted(word):
    return "'" + word.replace("'", "'\\''") + "'"


def _end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
