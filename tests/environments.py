#!/usr/bin/env -S python3 -B
"""Runs every lesson in every environment, and holds the reports against tests/expected.tsv (tests/compare.py). Rehearses the demos that
come with the program on this machine and under systemd with cgroup v2 (tests/rehearsed.py).

    this-root, this-user   this machine, as root and as an ordinary user who has no systemd session
    this-login             this machine, cgroup v2, as a user who has one: takes the place of this-user
    systemd-*, busybox-*   virtual machines (tests/guest/README.md)

What needs root asks sudo. An environment that cannot be had without it is skipped. The last line has the form
`N passed, N failed, N skipped`; before it, lines begin with `FAILED: ` or `skipped: `.
Exit codes: 0 no difference; 1 there are some, or an environment broke down; 2 the command line is wrong.
"""

import argparse
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "guest"), str(HERE)]
import compare  # noqa: E402
import emulator  # noqa: E402
import rehearsed  # noqa: E402
import systemd as systemd_guest  # noqa: E402
from cache import default_directory  # noqa: E402
from failure import GuestFailure  # noqa: E402

LIMIT = 600  # seconds for all lessons, or a demo
NOBODY = "65534"
BACKGROUND = 20  # percent of one CPU that a machine at rest may use
CHECK = "isolab check --format json"
REHEARSE = [f"isolab demo {script} --rehearse --format json" for script in rehearsed.SCRIPTS]
# Every lesson from its place in the list to its summary, by keys, on a terminal.
WALK = "ISOLAB_TEST_PROGRAM=/usr/local/bin/isolab /usr/local/bin/walk a_walk_through --test-threads=1 --show-output"
WALKED = ["systemd-v2-user"]
REHEARSED = ["this-root", "this-user", "this-login", "systemd-v2-root", "systemd-v2-user"]


@dataclass
class Guest:
    """A virtual machine; the environments in it with the option that runs a job in each. One boot serves all of them."""

    program: str
    options: list
    jobs: dict

    def kernel(self, cache):
        return cache / f"kernel-{self.options[-1]}"

    def command(self, *more):
        """Asks for root where the system image is still to be built."""
        cache = default_directory()
        has_image = self.program != "systemd.py" or systemd_guest.DISK.path(cache).exists()
        word = [] if has_image else as_root()
        return [*word, str(HERE / "guest" / self.program), *self.options, "--cache", str(cache), *map(str, more)]


GUESTS = [
    Guest("systemd.py", ["--cgroups", "v2"], {"systemd-v2-root": "--cmd", "systemd-v2-user": "--user-cmd"}),
    Guest("systemd.py", ["--cgroups", "hybrid"], {"systemd-hybrid-root": "--cmd"}),
    Guest("busybox.py", ["--kernel-package", "bookworm"], {"busybox-6.1-root": "--cmd"}),
    Guest("busybox.py", ["--kernel-package", "6.12"], {"busybox-6.12-root": "--cmd"}),
]


class Skipped(Exception):
    """An environment cannot be had here, and why."""


class Broken(Exception):
    """An environment gave no report."""


def as_root():
    """What to write before a command that needs root."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode != 0:
        raise Skipped("this needs root, and sudo gives it not without asking (run `sudo -v` before)")
    return ["sudo", "-n"]


def run(command, log, report=None):
    """Runs a program to its end, which it must have a limit for itself; its messages go to a file, what it prints to another if there is one."""
    with open(log, "a" if report else "w") as file, open(report or os.devnull, "w") as printed:
        out, err = (printed, file) if report else (file, subprocess.STDOUT)
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err).returncode


# --- this machine ---


def run_here(name, binary, out):
    """A report of this machine, and the exit code."""
    with tempfile.TemporaryDirectory(prefix="lessons-") as directory:
        # Where an ordinary user can read the program, whoever owns the checkout.
        place = Path(directory)
        place.chmod(0o755)
        program = shutil.copy(binary, place / "isolab")
        home = place / "home"
        home.mkdir()
        home.chmod(0o777)
        user = []
        if name == "this-root":
            user = as_root()
        elif os.geteuid() == 0:
            user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        env = ["env", f"HOME={home}", "--unset=XDG_RUNTIME_DIR"] if name == "this-user" else ["env"]
        start = [*user, *env, "timeout", "--kill-after=60", str(LIMIT), program]
        report = home / "report.json"
        code = run([*start, *CHECK.split()[1:], "--output", report], out / f"{name}.log")
        if not report.exists():
            raise Broken(f"no report (exit code {code}): {_tail(out / f'{name}.log')}")
        shutil.copyfile(report, out / f"{name}.json")
        for script, command in zip(rehearsed.SCRIPTS, REHEARSE):
            ended = run([*start, *command.split()[1:]], out / f"{name}.log", out / f"{name}-{script}.json")
            (out / f"{name}-{script}.exit").write_text(str(ended))
        return code


def user_here():
    """The environment that an ordinary user has on this machine."""
    session = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"), "bus")
    unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    has_session = os.geteuid() != 0 and session.exists() and stat.S_ISSOCK(session.stat().st_mode)
    return "this-login" if has_session and unified else "this-user"


# --- guests ---


class OtherWork:
    """How much of this machine's CPUs others have used since, as far as the programs run from here have ended."""

    def __init__(self):
        self._began, self._busy, self._own = time.monotonic(), _busy(), _own()

    def percent(self):
        """In percent of one CPU."""
        others = (_busy() - self._busy) - (_own() - self._own)
        return 100 * others / (time.monotonic() - self._began)


def _busy():
    """Seconds in which CPUs did anything, stolen ones included (proc_stat(5)): all but idle and iowait."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    return sum(int(ticks) for place, ticks in enumerate(fields) if place not in (3, 4)) / os.sysconf("SC_CLK_TCK")


def _own():
    """Seconds that this program and the children that it has waited for have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def run_guest(guest, names, binary, walk, out):
    """Leaves the reports in `out`; gives the exit codes by environment."""
    results = out / names[0].rpartition("-")[0]
    jobs = [(name, "", CHECK) for name in names]
    copy = []
    if walk:
        copy = ["--copy", f"{walk}:/usr/local/bin/walk"]
        jobs += [(name, "-walk", WALK) for name in names if name in WALKED]
    jobs += [
        (name, f"-{script}", command)
        for name in names if name in REHEARSED
        for script, command in zip(rehearsed.SCRIPTS, REHEARSE)
    ]
    words = [word for name, _, command in jobs for word in (guest.jobs[name], command)]
    log = results.with_suffix(results.suffix + ".log")
    code = run(guest.command("--binary", binary, *copy, "--out", results, "--job-timeout", LIMIT, *words), log)
    codes = {}
    for number, (name, script, _) in enumerate(jobs, start=1):
        (out / f"{name}{script}.exit").unlink(missing_ok=True)  # of an earlier boot
        ended = results / f"{number}.exit"
        if ended.exists():
            shutil.copyfile(results / f"{number}.stdout", out / f"{name}{script}.json")  # of a walk: what the tests printed
            shutil.copyfile(ended, out / f"{name}{script}.exit")
            if not script:
                codes[name] = int(ended.read_text())
    if code == 3 or len(codes) < len(names):
        raise Broken(f"the guest gave no report: {_tail(log)}")
    return codes


def prepare(wanted):
    """Fetches emulator and kernels and builds the system image where they are not there yet, and boots what was made."""
    cache = default_directory().resolve()
    guests = [guest for guest in GUESTS if set(guest.jobs) & set(wanted)]
    missing = [guest for guest in guests if guest.program == "busybox.py" and not guest.kernel(cache).exists()]
    # The image after the kernels: only root can build it, and what root makes first is root's.
    if not systemd_guest.DISK.path(cache).exists():
        missing += [guest for guest in guests if guest.program == "systemd.py"][:1]
    try:
        if missing or not emulator.is_here(cache):
            # Lists that are older than the newest packages would name some that are gone.
            update = ["apt-get", "update", "--quiet=2", "--option=Acquire::Retries=3"]
            subprocess.run([*as_root(), *update], stdin=subprocess.DEVNULL, check=True)
    except (Skipped, subprocess.CalledProcessError) as reason:
        print(f"environments: not updated: the package lists: {reason}", file=sys.stderr)
    try:
        emulator.command(cache)
    except (GuestFailure, OSError) as failure:
        print(f"environments: no emulator: {failure}", file=sys.stderr)
        return 1
    for guest in missing:
        try:
            command = guest.command()
        except Skipped as reason:
            print(f"environments: not built: the system image: {reason}", file=sys.stderr)
            continue
        if subprocess.run(command, stdin=subprocess.DEVNULL).returncode != 0:
            return 1
    return 0


# --- all of them ---


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = ["this-root", user_here(), *(name for guest in GUESTS for name in guest.jobs)]
    parser.add_argument("--binary", type=Path, metavar="PATH", help="the program, static (scripts/build-static)")
    parser.add_argument("--walk", type=Path, metavar="PATH",
                        help="the test program screen_pty, static (scripts/build-static --test screen_pty): walks the lessons in a guest")
    parser.add_argument("--out", type=Path, default=HERE.parent / "target" / "test", metavar="DIR",
                        help="where reports and logs are left (target/test)")
    parser.add_argument("--prepare", action="store_true", help="only fetch and build what the guests need")
    parser.add_argument("environments", nargs="*", metavar="ENVIRONMENT", help=f"default: all of {', '.join(known)}")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = options.environments or known
    if options.prepare:
        return prepare(wanted)
    if not options.binary or set(wanted) - {*known, "this-user"}:
        parser.error("--binary is missing" if not options.binary else f"there are only {', '.join(known)}")
    everything = All(options.binary.resolve(), options.walk and options.walk.resolve(), options.out.resolve())
    for name in wanted:
        if name.startswith("this-"):
            everything.here(name)
    # One after the other: a guest needs the CPUs for itself, or what it measures is wrong.
    for guest in GUESTS:
        names = [name for name in guest.jobs if name in wanted]
        if names:
            everything.guest(guest, names)
    print(f"{everything.passed} passed, {everything.failed} failed, {everything.skipped} skipped")
    return 1 if everything.failed else 0


class All:
    """What came out so far."""

    def __init__(self, binary, walk, out):
        self.binary, self.walk, self.out = binary, walk, out
        self.passed = self.failed = self.skipped = 0

    def here(self, name):
        self._guarded([name], lambda: {name: run_here(name, self.binary, self.out)})

    def guest(self, guest, names):
        self._guarded(names, lambda: self._calm(guest, names))

    def _calm(self, guest, names):
        """Runs a guest, and once more if it could not reach what it must reach because the machine did other work."""
        load = OtherWork()
        codes = run_guest(guest, names, self.binary, self.walk, self.out)
        percent = load.percent()
        spoilt = any(compare.of_file(self.out / f"{name}.json", name).may_be_load() or self._rehearsals(name)[1] for name in codes)
        if percent > BACKGROUND and spoilt:
            print(f"{' and '.join(names)}: once more: other work used {percent:.0f} % of a CPU meanwhile", flush=True)
            codes = run_guest(guest, names, self.binary, self.walk, self.out)
        return codes

    def _guarded(self, names, make):
        began = time.monotonic()
        lines = []
        try:
            codes = make()
        except Skipped as reason:
            self.skipped += len(names)
            lines = [f"skipped: {name}: {reason}" for name in names]
        except Exception as error:  # one environment's trouble must not hide the others' results
            self.failed += len(names)
            lines = [f"FAILED: {name}: {error}" for name in names]
        else:
            for name, code in codes.items():
                lines += self._compare(name, code)
        print("\n".join([f"{' and '.join(names)}: {time.monotonic() - began:.0f} s", *lines]), flush=True)

    def _compare(self, name, code):
        try:
            comparison = compare.of_file(self.out / f"{name}.json", name, code)
        except compare.Unreadable as error:
            self.failed += 1
            return [f"FAILED: {name}: {error}"]
        self.passed += comparison.passed
        self.failed += len(comparison.differences)
        self.skipped += len(comparison.tolerated)
        others = []
        for passed, failed, tolerated in (self._rehearsals(name), self._walk(name)):
            self.passed += passed
            self.failed += len(failed)
            self.skipped += len(tolerated)
            others += [f"FAILED: {line}" for line in failed] + [f"skipped: {line}" for line in tolerated]
        return others + comparison.text().splitlines()

    def _walk(self, name):
        """How many lessons were walked to their summary, what failed, and what could not be walked."""
        if not self.walk or name not in WALKED:
            return 0, [], []
        report = self.out / f"{name}-walk.json"
        lines = subprocess.run([HERE.parent / "scripts/tally-tests", report], capture_output=True, text=True, check=True).stdout.splitlines()
        passed = int(lines[-1].split()[0])
        told = {word: [line.partition(": ")[2] for line in lines if line.startswith(word)] for word in ("FAILED", "skipped")}
        if not passed:
            told["FAILED"].append(f"{name}: no lesson was walked: {_tail(report)}")
        return passed, told["FAILED"], told["skipped"]

    def _rehearsals(self, name):
        """How many cues passed, and what failed or was tolerated, a line each."""
        passed, failed, tolerated = 0, [], []
        for script in rehearsed.SCRIPTS if name in REHEARSED else []:
            report, ended = (self.out / f"{name}-{script}{end}" for end in (".json", ".exit"))
            code = int(ended.read_text()) if ended.exists() else None
            # Where root keeps the cgroups, or no systemd session has any to give, an ordinary user has none.
            result = rehearsed.of_file(report, code, may_be_blocked=name == "this-user")
            passed += result.passed
            failed += [f"{name}: {script}: {line}" for line in result.failed]
            tolerated += [f"{name}: {script}: {line}" for line in result.tolerated]
        return passed, failed, tolerated


def _tail(log):
    return " | ".join(log.read_text(errors="replace").splitlines()[-20:])


if __name__ == "__main__":
    sys.exit(main())
