#!/usr/bin/env -S python3 -B
"""Where the emulator comes from, on machines whose programs are made up: nothing is installed, whatever is there."""

import os
import stat
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import emulator
from failure import GuestFailure

# A package manager that has the emulator's package for whoever asks for it in the right words, and writes down how it was called.
APT_GET = """\
echo "$*" >>{work}/calls
for word; do
    case $word in
        --option=Dir::Cache=*) cache=${{word#*Cache=}} ;;
        --option=Dir::State::status=*) cp "${{word#*status=}}" {work}/seen ;;
    esac
done
case "$*" in
    "install --download-only "*) : >"$cache/archives/emulator.deb" ;;
    *) exit 100 ;;
esac
"""
DPKG_DEB = """\
mkdir -p "$3/usr/bin" "$3/usr/share/doc"
printf '#!/bin/sh\\nexit %s\\n' "$(cat {work}/unpacked-exits)" >"$3/usr/bin/qemu-system-x86_64"
chmod +x "$3/usr/bin/qemu-system-x86_64"
"""
STATUS = """\
Package: qemu-utils
Status: install ok installed
Source: qemu
Breaks: qemu-system-common (<< 1:8.0+dfsg-5~)

Package: qemu-guest-agent
Status: install ok installed
Source: qemu (1:10.0.2+ds-2+deb13u1~bpo12+1)

Package: libc6
Status: install ok installed
Source: glibc
Description: GNU C Library
 Package: qemu-utils is not this one.
"""


class Where(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.work = Path(directory.name)
        (self.work / "bin").mkdir()
        (self.work / "status").write_text(STATUS)
        self.unpacked_exits(0)
        self.program("apt-get", APT_GET)
        self.program("dpkg-deb", DPKG_DEB)
        for name in ("sh", "cat", "cp", "mkdir", "chmod", "env"):
            (self.work / "bin" / name).symlink_to(f"/bin/{name}")
        for patch in (mock.patch.dict(os.environ, PATH=str(self.work / "bin")),
                      mock.patch.object(emulator, "search_path", lambda: str(self.work / "bin")),
                      mock.patch("cache.search_path", lambda: str(self.work / "bin")),
                      mock.patch.object(emulator, "STATUS", self.work / "status"),
                      mock.patch.object(emulator, "say", lambda _: None)):
            patch.start()
            self.addCleanup(patch.stop)

    def program(self, name, text):
        path = self.work / "bin" / name
        path.write_text("#!/bin/sh\n" + text.format(work=self.work))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def unpacked_exits(self, code):
        (self.work / "unpacked-exits").write_text(str(code))

    def calls(self):
        path = self.work / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def cache(self):
        return self.work / "guest"

    def test_the_machines_own_is_taken(self):
        self.program("qemu-system-x86_64", "exit 0")
        self.assertTrue(emulator.is_here(self.cache))
        self.assertEqual(emulator.command(self.cache), ["qemu-system-x86_64"])
        self.assertEqual(self.calls(), [])

    def test_one_that_does_not_start_is_none(self):
        self.program("qemu-system-x86_64", "echo 'error while loading shared libraries' >&2; exit 127")
        self.assertFalse(emulator.is_here(self.cache))
        self.assertIn(str(self.cache), emulator.command(self.cache)[-1])

    def test_what_is_missing_is_unpacked_once_and_not_installed(self):
        self.assertFalse(emulator.is_here(self.cache))
        words = emulator.command(self.cache)
        self.assertEqual(words[-1], str(self.cache / "emulator/usr/bin/qemu-system-x86_64"))
        self.assertTrue(emulator.runs(words))
        self.assertFalse((self.cache / "emulator/usr/share/doc").exists())
        self.assertTrue(emulator.is_here(self.cache))
        self.assertEqual(emulator.command(self.cache), words)
        self.assertEqual(len(self.calls()), 1)
        self.assertTrue(self.calls()[0].startswith("install --download-only "))

    def test_the_solver_sees_nothing_that_would_have_to_go(self):
        emulator.command(self.cache)
        seen = (self.work / "seen").read_text()
        self.assertNotIn("Package: qemu-utils\n", seen)
        self.assertNotIn("Package: qemu-guest-agent\n", seen)
        self.assertIn("Package: libc6\n", seen)
        self.assertEqual((self.work / "status").read_text(), STATUS)

    def test_what_cannot_be_had_is_named(self):
        self.program("apt-get", "echo 'E: Unable to locate package qemu-system-x86' >&2; exit 100")
        with self.assertRaisesRegex(GuestFailure, "Unable to locate package"):
            emulator.command(self.cache)
        self.assertFalse((self.cache / "emulator").exists())

    def test_what_was_unpacked_must_run(self):
        self.unpacked_exits(127)
        with self.assertRaisesRegex(GuestFailure, "was unpacked, and does not run"):
            emulator.command(self.cache)
        self.unpacked_exits(0)
        program = Path(emulator.command(self.cache)[-1])
        program.write_text("#!/bin/sh\nexit 127\n")
        with self.assertRaisesRegex(GuestFailure, "does not run here; remove that directory"):
            emulator.command(self.cache)


if __name__ == "__main__":
    unittest.main()
