"""What the two guests' command lines share: the options, the files of results, the exit code."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import kernel
from cache import default_directory, say
from failure import GuestFailure
from machine import Job, ends_on_signals

USERS = {"cmd": "root", "script": "root", "user_cmd": "student", "user_script": "student"}

EPILOG = """\
The jobs (--cmd, --script, --user-cmd, --user-script) run in the order given, in one boot, each as a login of its
user, its standard input empty. A job is a shell script unless its text starts with #!. One that passes its limit
is ended (processes it started may live on) and the next one begins. What a guest writes to its disk is discarded.

With --out DIR, job N leaves N.stdout, N.stderr and N.exit there; results.json has all exit codes and times, and
console.log what the kernel printed. Without it the jobs' outputs are passed through.

Exit codes: 0 every job ended with 0; 1 one did not, or was overdue; 2 the command line is wrong;
3 the guest could not be made, did not boot, died or hung.
"""


class _AddJob(argparse.Action):
    def __call__(self, parser, namespace, value, option=None):
        text = value
        if self.dest.endswith("script"):
            try:
                text = Path(value).read_text()
            except OSError as error:
                parser.error(f"{option}: {error}")
        namespace.jobs = [*(namespace.jobs or []), (USERS[self.dest], text)]


def parser(description):
    it = argparse.ArgumentParser(description=description, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    it.set_defaults(jobs=None)
    it.add_argument("--kernel-package", choices=kernel.SERIES, default="bookworm", help="Debian's own 6.1 kernel, or its 6.12")
    it.add_argument("--binary", action="append", default=[], type=Path, metavar="PATH", help="a program for the guest's /usr/local/bin")
    it.add_argument("--copy", action="append", default=[], metavar="LOCAL:GUEST", help="a file or directory for the guest")
    it.add_argument("--cmd", action=_AddJob, metavar="COMMAND", help="run this as root")
    it.add_argument("--user-cmd", action=_AddJob, metavar="COMMAND", help="run this as uid 1000 (student)")
    it.add_argument("--script", action=_AddJob, metavar="FILE", help="run this file's text as root")
    it.add_argument("--user-script", action=_AddJob, metavar="FILE", help="run this file's text as uid 1000")
    it.add_argument("--job-timeout", type=int, default=600, metavar="SECONDS", help="limit for each job (%(default)s)")
    it.add_argument("--boot-timeout", type=int, default=600, metavar="SECONDS", help="limit for the boot (%(default)s)")
    it.add_argument("--out", type=Path, metavar="DIR", help="where results are left")
    it.add_argument("--cache", type=Path, default=default_directory(), metavar="DIR",
                    help="where kernels and images are kept ($ISOLAB_GUEST_CACHE, else target/guest)")
    it.add_argument("--memory", type=int, metavar="MIB")
    it.add_argument("--cpus", type=int, default=2)
    it.add_argument("--kernel-args", default="", metavar="TEXT", help="further kernel arguments")
    it.add_argument("--accelerator", choices=("tcg", "kvm"), default="tcg")
    return it


def add_files(tree, options):
    """Puts what --binary and --copy name into the guest."""
    for binary in options.binary:
        if not binary.is_file():
            raise GuestFailure(f"--binary: no such file: {binary}")
        tree.file(f"usr/local/bin/{binary.name}", binary.read_bytes(), 0o755)
    for pair in options.copy:
        local, colon, place = pair.rpartition(":")
        if not colon or not place.startswith("/"):
            raise GuestFailure(f"--copy: {pair!r} is not LOCAL:/PLACE/IN/GUEST")
        tree.copy(local, place)


def main(options, make_machine):
    """Runs the jobs in the machine that `make_machine(work directory)` returns; the value is the exit code."""
    ends_on_signals()
    try:
        options.cache = options.cache.resolve()
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="guest-") as directory:
            return _run(options, make_machine(Path(directory)), Path(directory))
    except (GuestFailure, OSError) as failure:
        say(str(failure))
        return 3


def _run(options, machine, work):
    jobs = [Job(user, text, options.job_timeout) for user, text in options.jobs or []]
    console = (options.out or work) / "console.log"
    results = []
    began = time.monotonic()

    def on_ready(uptime):
        say(f"kernel {machine.kernel.release} ready after {time.monotonic() - began:.1f} s")

    def on_result(result):
        results.append(result)
        verdict = "overdue" if result.overdue else f"exit {result.exit}"
        say(f"[{len(results)}/{len(jobs)}] {verdict}, {result.seconds:.1f} s: {result.job.title}")
        if options.out:
            for name, data in (("stdout", result.stdout), ("stderr", result.stderr), ("exit", b"%d\n" % result.exit)):
                (options.out / f"{len(results)}.{name}").write_bytes(data)
        else:
            for stream, data in ((sys.stdout, result.stdout), (sys.stderr, result.stderr)):
                stream.buffer.write(data)
                stream.flush()

    try:
        machine.run(jobs, console, on_ready, on_result)
    finally:
        if options.out:
            (options.out / "results.json").write_text(json.dumps(_summary(machine, jobs, results), indent=1) + "\n")
    say(f"done after {time.monotonic() - began:.1f} s")
    return 0 if all(result.exit == 0 for result in results) else 1


def _summary(machine, jobs, results):
    return {
        "kernel": machine.kernel.release,
        "complete": len(results) == len(jobs),
        "jobs": [
            {"user": r.job.user, "text": r.job.text, "exit": r.exit, "overdue": r.overdue, "seconds": round(r.seconds, 2)}
            for r in results
        ],
    }
