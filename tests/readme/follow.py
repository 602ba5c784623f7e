#!/usr/bin/env -S python3 -B
"""Follows the README and docs/ as a new user would: in a clean folder with a fresh Debian, from a clean clone of the last commit, as an
ordinary user who may use sudo. The commands are those of the pages themselves: each line of a block marked `sh`, in its order. A block marked
with a path is saved there. A command must end with 0, or with 3 (5 when it grades) where it runs lessons and something is blocked here; one that opens a screen is left with `q`.

The folder has no Rust toolchain: the first command that builds fetches one. Where that host is not reached, this machine's own is lent, and
the output says so. Nothing outside of the folder is changed, and it is removed at the end. Needs root, directly or by sudo.

The last line has the form `N passed, N failed, N skipped`; before it, lines begin with `FAILED: ` or `skipped: `.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import commands
from folder import CHECKOUT, TOP, Folder, system
from cache import default_directory
from failure import GuestFailure

LIMIT = 1500  # seconds for one command; the first builds all
# scripts/test: only what does not run this again, and none of what a machine like this has shown already.
PARTS = "code"
# The other way to a built program, which installs it. It builds in a directory of its own; that is the checkout's here, in which the same
# sources were compiled by the first command.
PROVISIONER = "scripts/provision.sh"
PROVISION = ["mkdir -p ~/.cache/isolab && ln -s $PWD/target ~/.cache/isolab/target", PROVISIONER, "/usr/local/bin/isolab list", PROVISIONER]
NO_TOOLCHAIN = "rustup could not fetch a toolchain"


class Followed:
    """What came out so far."""

    def __init__(self, folder, out):
        self.folder, self.out = folder, out
        self.passed = self.failed = self.skipped = self._number = 0

    def page(self, path):
        for asked in commands.of_page(path.read_text(encoding="utf-8")):
            if isinstance(asked, commands.File):
                self.folder.save(asked.path, asked.text)
            else:
                self.command(path.name, asked)

    def command(self, page, command):
        began = time.monotonic()
        self._number += 1
        log = self.out / f"{self._number:02}.log"
        trouble = self._run(command, log)
        if trouble and not self.folder.toolchain and NO_TOOLCHAIN in log.read_text(errors="replace"):
            print("skipped: fetching a toolchain: its host is not reached; this machine's own is lent", flush=True)
            self.skipped += 1
            self.folder.lend_toolchain()
            trouble = self._run(command, log)
        print(f"{page}: {command}: {'ok' if not trouble else trouble}, {time.monotonic() - began:.0f} s", flush=True)
        if trouble:
            self.failed += 1
            print(f"FAILED: {page}: {command}: {trouble}: {_tail(log)}", flush=True)
        else:
            self.passed += 1

    def _run(self, command, log):
        """What is wrong with it, or nothing."""
        try:
            if commands.needs_terminal(command):
                code = self.folder.screen(command, LIMIT, log)
            else:
                code = self.folder.command(command, LIMIT, log, [f"ISOLAB_TEST_PARTS='{PARTS}'"])
        except GuestFailure as failure:
            return str(failure)
        left = self.folder.left()
        if left:
            return f"left behind: {', '.join(left)}"
        return "" if code in commands.exit_codes(command) else f"exit code {code}"


def _tail(log):
    """What it said last; of a screen, without what is for a terminal."""
    said = log.read_text(errors="replace") if log.exists() else ""
    plain = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)", " ", said)
    return " | ".join("".join(c for c in line if c.isprintable()) for line in plain.splitlines()[-15:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=TOP / "target/test/readme", metavar="DIR", help="where logs are left (target/test/readme)")
    parser.add_argument("--dist", type=Path, metavar="DIR", help="a release (scripts/release), to be laid into the checkout as target/dist")
    parser.add_argument("--without-installer", action="store_true", help="as if the host of Rust's toolchains could not be reached")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="default: README.md and docs/*.md")
    options = parser.parse_args()
    if os.geteuid() != 0:
        if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
            os.execvp("sudo", ["sudo", "-n", "--preserve-env=PATH,http_proxy,https_proxy,no_proxy", sys.executable, "-B", *sys.argv])
        print("skipped: following the README: it needs root, and sudo gives it not without asking (run `sudo -v` before)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    # So that what is to be done at the end is done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.out.mkdir(parents=True, exist_ok=True)
    cache = default_directory()
    try:
        archive = system(cache)
    except GuestFailure as failure:
        print(f"FAILED: the system for the folder: {failure}\n0 passed, 1 failed, 0 skipped")
        return 1
    root = Path(tempfile.mkdtemp(prefix="folder-", dir=cache))
    root.chmod(0o755)
    try:
        followed = Followed(Folder(root, archive, options.dist, not options.without_installer), options.out)
        checkout = root / CHECKOUT
        for page in options.pages or [checkout / "README.md", *sorted((checkout / "docs").glob("*.md"))]:
            followed.page(page)
        if not options.pages and (checkout / PROVISIONER).exists():
            for command in PROVISION:
                followed.command("provisioning", command)
    except GuestFailure as failure:
        print(f"FAILED: the folder: {failure}\n0 passed, 1 failed, 0 skipped")
        return 1
    finally:
        # Its mounts were seen by its processes alone, which have ended.
        shutil.rmtree(root, ignore_errors=True)
    print(f"{followed.passed} passed, {followed.failed} failed, {followed.skipped} skipped")
    return 1 if followed.failed else 0


if __name__ == "__main__":
    sys.exit(main())
