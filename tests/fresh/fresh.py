#!/usr/bin/python3 -B
"""Runs scripts/provision.sh on a Debian that is as fresh as after its installation, in virtual machines, and uses what it installed.

    root   as root, twice; then a person runs every lesson, and root does; then the person logs in on the console, is greeted, and
           walks through a lesson with keys
    user   as an ordinary user with sudo, twice, under a systemd that hands ordinary users no cpu controller (as before 252)

The machines have no network; the packages come from a source on their own disk. The last line has the form
`N passed, N failed, N skipped`; before it, lines begin with `FAILED: ` or `skipped: `.
Exit codes: 0 nothing failed; 1 something did; 2 the command line is wrong.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "guest")]
import compare  # noqa: E402
from archive import Tree  # noqa: E402
from cache import default_directory, say  # noqa: E402
from console import COLUMNS, ROWS, Console, Unanswered  # noqa: E402
from environments import BACKGROUND, LIMIT, OtherWork, Skipped, as_root  # noqa: E402
from disk import SUITE  # noqa: E402
from emulator import command as emulator, is_here as has_emulator  # noqa: E402
from failure import GuestFailure  # noqa: E402
from image import PROVISION, disk  # noqa: E402
from kernel import LESSON_MODULES, obtain  # noqa: E402
from machine import Job, Machine, ends_on_signals  # noqa: E402
from systemd import AGENT_UNIT, CGROUPS  # noqa: E402

FIRST = "bash /srv/isolab/scripts/provision.sh --binary /srv/isolab/isolab --greet"
# Everything on the disk but what a running system writes by itself.
FILES = r"""find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log \
    -o -path /var/lib/systemd/timers -o -path /opt/guest \) -prune -o -printf '%p %y %m %u %g %s %T@ %C@ %l\n' | sort"""
AGAIN = f"""
as_root=$(test "$(id -u)" = 0 || echo sudo)
$as_root {FILES} >/tmp/before-$$
{{first}} || exit
$as_root {FILES} >/tmp/after-$$
diff /tmp/before-$$ /tmp/after-$$"""
KERNEL = f"kernel-{SUITE}"  # as tests/guest/kernel.py calls it
# A file that somebody else wrote stays as it is; one of its own is replaced by a newer one.
OTHERS = f"""
echo mine | sudo tee /etc/profile.d/isolab.sh
{FIRST} && exit 11
grep --quiet --line-regexp mine /etc/profile.d/isolab.sh || exit 12
sudo rm /etc/profile.d/isolab.sh
{FIRST.replace('/srv/isolab/isolab ', '/bin/true ')} || exit 13
cmp /bin/true /usr/local/bin/isolab || exit 14
{FIRST} || exit 15
cmp /srv/isolab/isolab /usr/local/bin/isolab || exit 16
test -f /etc/profile.d/isolab.sh || exit 17"""
SHORT = 300  # seconds for any job but the check of all lessons
NOTHING = "nothing to do: everything is in place"
CHECK = "isolab check --format json"
OLD_DELEGATION = "[Service]\nDelegate=\nDelegate=pids memory\n"


@dataclass
class Boot:
    """One machine and what is done in it: who, what, and who judges the result."""

    name: str
    jobs: list
    files: dict = field(default_factory=dict)
    console: bool = False


class Wrong(Exception):
    """What a job did is not what it must do."""


def ended_with_0(result):
    if result.exit != 0:
        raise Wrong(f"exit code {result.exit}")


def installed(result):
    ended_with_0(result)
    said = result.stdout.decode()
    for word in ("install the packages: ", "write /usr/local/bin/isolab", "write /etc/profile.d/isolab.sh", "done. As student"):
        if word not in said:
            raise Wrong(f"it does not say `{word}`")


def nothing_to_do(result):
    ended_with_0(result)
    if result.stdout.decode().splitlines()[-1:] != [f"provision: {NOTHING}"]:
        raise Wrong(f"its last line is not `{NOTHING}`, or files were changed")


def delegated(result):
    installed(result)
    if "write /etc/systemd/system/user@.service.d/isolab.conf" not in result.stdout.decode():
        raise Wrong("it does not have the cpu controller delegated")


def nothing_missing(result):
    ended_with_0(result)
    missing = [line for line in result.stdout.decode().splitlines() if "✗" in line]
    if missing or "✓" not in result.stdout.decode():
        raise Wrong(f"missing: {'; '.join(missing) or 'everything'}")


BOOTS = [
    Boot(
        "root",
        [
            ("provision", "root", f"{FIRST} --user student", installed),
            ("provision again", "root", AGAIN.format(first=f"{FIRST} --user student"), nothing_to_do),
            ("doctor as a person", "student", "isolab doctor", nothing_missing),
            ("check as a person", "student", CHECK, "systemd-v2-user"),
            ("doctor as root", "root", "isolab doctor", nothing_missing),
            ("check as root", "root", CHECK, "systemd-v2-root"),
        ],
        console=True,
    ),
    Boot(
        "user",
        [
            ("provision", "student", FIRST, delegated),
            ("provision again", "student", AGAIN.format(first=FIRST), nothing_to_do),
            ("the files of others", "student", OTHERS, ended_with_0),
            # What a restart of the machine does for the person's logins.
            ("new user manager", "root", "systemctl restart user@1000.service", ended_with_0),
            ("doctor as a person", "student", "isolab doctor", nothing_missing),
            ("cgroup lessons as a person", "student", "isolab check cgroup-memory", ended_with_0),
        ],
        files={"usr/lib/systemd/system/user@.service.d/as-before-252.conf": OLD_DELEGATION},
    ),
]


class Run:
    """One boot, and what came out of it."""

    def __init__(self, boot, options):
        self.boot, self.options = boot, options
        self.passed, self.skipped = 0, 0
        self.lines = []
        self.may_be_load = self.broke = False

    def failed(self, what, why):
        self.lines.append(f"FAILED: fresh {self.boot.name}: {what}: {why}")

    def run(self):
        out = self.options.out / f"fresh-{self.boot.name}"
        out.mkdir(parents=True, exist_ok=True)
        judged = iter(self.boot.jobs)
        left = [Job(user, text, LIMIT if text == CHECK else SHORT) for _, user, text, _ in self.boot.jobs]
        jobs = len(left)

        def on_result(result):
            what, _, _, judge = next(judged)
            stem = what.replace(" ", "-")
            (out / f"{stem}.stdout").write_bytes(result.stdout)
            (out / f"{stem}.stderr").write_bytes(result.stderr)
            say(f"{self.boot.name}: {what}: exit {result.exit}, {result.seconds:.1f} s")
            self.judge(what, result, judge, out / f"{stem}.stdout")
            nonlocal jobs
            jobs -= 1
            if jobs == 0 and self.boot.console:
                self.console(out, Path(directory) / "console")

        with tempfile.TemporaryDirectory(prefix="fresh-") as directory:
            try:
                machine = self.machine(Path(directory))
                machine.run(left, out / "console.log", lambda _: None, on_result)
            except (GuestFailure, OSError) as failure:
                self.broke = True
                self.failed("the machine", str(failure))

    def machine(self, directory):
        kernel = obtain(SUITE, self.options.cache)
        tree = Tree()
        tree.file("etc/systemd/system/guest-agent.service", AGENT_UNIT)
        tree.link("etc/systemd/system/multi-user.target.wants/guest-agent.service", "../guest-agent.service")
        tree.graft(kernel.module_tree(LESSON_MODULES, directory), "usr/lib")
        tree.copy(PROVISION, "srv/isolab/scripts/provision.sh")
        tree.copy(self.options.binary, "srv/isolab/isolab")
        for path, text in self.boot.files.items():
            tree.file(path, text)
        console = ()
        if self.boot.console:
            place = str(directory / "console").replace(",", ",,")
            console = ("-chardev", f"socket,id=person,path={place},server=on,wait=off", "-device", "virtconsole,chardev=person")
        arguments = f"{CGROUPS['v2']} systemd.show_status=false"
        return Machine(kernel, emulator(self.options.cache), tree, disk().get(self.options.cache), arguments, 1024, boot_limit=600,
                       devices=console)

    def judge(self, what, result, judge, report):
        try:
            if isinstance(judge, str):
                self.compare(what, result, judge, report)
            else:
                judge(result)
                self.passed += 1
        except (Wrong, UnicodeDecodeError) as wrong:
            self.failed(what, wrong)
            for stream in (result.stdout, result.stderr):
                self.lines += [f"  {line}" for line in stream.decode(errors="replace").splitlines()[-15:]]

    def compare(self, what, result, environment, report):
        try:
            comparison = compare.of_file(report, environment, result.exit)
        except compare.Unreadable as error:
            raise Wrong(str(error)) from None
        self.passed += comparison.passed
        self.skipped += len(comparison.tolerated)
        self.may_be_load |= comparison.may_be_load()
        lines = comparison.text().splitlines()[:-1]
        self.lines += [line.replace("FAILED: ", f"FAILED: fresh {self.boot.name}: {what}: ") for line in lines]

    def console(self, out, path):
        console = Console(path, out / "console.bytes")
        try:
            self.passed += log_in(console)
            self.passed += walk(console)
        except (Unanswered, OSError) as reason:
            self.failed("the console", reason)
        finally:
            console.close()


def log_in(console):
    """By name and password, as at any machine; the greeting says the one thing to type."""
    console.type("\n")
    console.see("login:", limit=120)
    console.type("student\n")
    console.see("Password:")
    console.type("student\n")
    console.see("To open it, type:\n\n      isolab\n", "student@fresh", limit=120)
    # A serial line does not say how large the terminal is.
    console.type(f"stty rows {ROWS} cols {COLUMNS}; clear; echo $TERM-$?\n")
    console.see("-0")
    return 1


def walk(console):
    """From the greeting's command through the first lesson to its summary, and out again."""
    def footer(what, *any_of, without="no such text"):
        def holds(text):
            last = text.splitlines()[-1]
            return any(word in last for word in any_of) and without not in last and last
        return console.until(what, holds, 120)

    console.type("isolab\n")
    # This terminal has no alternate screen, like the kernel's own: nothing of what was typed may be left between the words.
    console.see("Each step makes real system calls", "uts", "✓ rootless", "Enter open")
    console.type("\r")
    while "Enter run it" in footer("a step or the summary", "Enter run it", "Enter next lesson", "Enter lessons"):
        console.type("\r")
        if "next: why" in footer("what came out", "Enter next", "Enter summary"):
            console.type("\r")
            footer("why it is so", "Enter next", "Enter summary", without="next: why")
        console.type("\r")
    text = console.text()
    # Those that go deeper are passed over on this way.
    if text.count("● ") < 3 or any(sign in text for sign in "✗⊘"):
        raise Unanswered(f"not every step passed:\n{text}")
    console.type("q")
    console.until("the shell again", lambda now: now.rstrip().endswith("$"))
    console.type("clear; isolab progress; echo left with $?\n")
    console.see("uts", "finished", "left with 0")
    return 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, metavar="PATH", help="the program, static (scripts/build-static)")
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "target" / "test", metavar="DIR",
                        help="where reports and logs are left (target/test)")
    parser.add_argument("--cache", type=Path, default=default_directory(), metavar="DIR")
    parser.add_argument("--prepare", action="store_true", help="only fetch and build what the machines need")
    parser.add_argument("boots", nargs="*", metavar="BOOT", help=f"default: all of {', '.join(b.name for b in BOOTS)}")
    options = parser.parse_args()
    ends_on_signals()
    options.cache = options.cache.resolve()
    if options.prepare:
        return prepare(options.cache)
    if not options.binary or set(options.boots) - {b.name for b in BOOTS}:
        parser.error("--binary is missing, or there is no such boot")
    options.out = options.out.resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        prepared(options.cache)
    except Skipped as reason:
        print(f"skipped: fresh: {reason}\n0 passed, 0 failed, 1 skipped")
        return 0
    except subprocess.CalledProcessError as failure:
        print(f"FAILED: fresh: the machine cannot be made (exit code {failure.returncode})\n0 passed, 1 failed, 0 skipped")
        return 1
    counts = [0, 0, 0]
    for boot in BOOTS:
        if options.boots and boot.name not in options.boots:
            continue
        run = calm(boot, options)
        failures = sum(line.startswith("FAILED: ") for line in run.lines)
        counts = [a + b for a, b in zip(counts, (run.passed, failures, run.skipped))]
        print("\n".join([f"fresh {boot.name}: {run.passed} passed", *run.lines]), flush=True)
    print("{} passed, {} failed, {} skipped".format(*counts))
    return 1 if counts[1] else 0


def prepared(cache):
    """Asks for root where the machine is still to be made: running it later needs none."""
    if not all_here(cache):
        command = [*as_root(), str(HERE / "fresh.py"), "--prepare", "--cache", str(cache)]
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True)


def all_here(cache):
    return has_emulator(cache) and (cache / KERNEL).exists() and disk().path(cache).exists()


def prepare(cache):
    """Fetches emulator and kernel and builds the image where they are not there yet."""
    try:
        if not all_here(cache):
            # Lists that are older than the newest packages would name some that are gone.
            subprocess.run(["apt-get", "update", "--quiet=2", "--option=Acquire::Retries=3"], stdin=subprocess.DEVNULL, check=True)
        emulator(cache)
        obtain(SUITE, cache)
        disk().get(cache)
    except (GuestFailure, OSError, subprocess.CalledProcessError) as failure:
        say(str(failure))
        return 1
    return 0


def calm(boot, options):
    """A boot; and another one if the machine broke down, or if a measurement failed and this machine did other work meanwhile."""
    load = OtherWork()
    run = Run(boot, options)
    run.run()
    percent = load.percent()
    if run.broke:
        print(f"fresh {boot.name}: once more: {run.lines[-1]}", flush=True)
    elif run.may_be_load and percent > BACKGROUND:
        print(f"fresh {boot.name}: once more: other work used {percent:.0f} % of a CPU meanwhile", flush=True)
    else:
        return run
    run = Run(boot, options)
    run.run()
    return run


if __name__ == "__main__":
    sys.exit(main())
