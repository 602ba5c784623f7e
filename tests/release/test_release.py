#!/usr/bin/env -S python3 -B
"""What scripts/release makes of a program: test_release.py PROGRAM DIRECTORY. The release is left in the directory.

Made twice, in this checkout and in a clone elsewhere, it is the same to the byte; that the program itself comes out the same is shown by
building it twice, which takes minutes, and here by the names in it.
"""

import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PROGRAM = DIST = None
# Installed on every Debian: `Essential: yes`, or what those need.
ESSENTIAL = {"bash", "coreutils", "findutils", "grep", "hostname", "sed", "util-linux", "mount", "perl-base"}

COMMANDS = {"ip": "iproute2", "ping": "iputils-ping", "ps": "procps", "pgrep": "procps", "strace": "strace", "newuidmap": "uidmap",
            "curl": "curl", "python3": "python3", "perl": "perl", "sudo": "sudo", "systemd-run": "systemd"}


def printed(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True, timeout=120, **options).stdout


def release(top, out, umask=-1, **environment):
    subprocess.run([top / "scripts/release", "--binary", PROGRAM, "--out", out], check=True, stdout=subprocess.DEVNULL, timeout=120,
                   umask=umask, env={**os.environ, **environment})


def package():
    return next(DIST.glob("*.deb"))


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = Path(tempfile.mkdtemp(prefix="test-of-isolab-release-"))
        shutil.rmtree(DIST, ignore_errors=True)
        release(TOP, DIST)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.work)

    def test_elsewhere_it_is_the_same_to_the_byte(self):
        trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        clone = self.work / "a clone" / "of isolab"
        subprocess.run(["git", "clone", "--quiet", f"file://{TOP}", clone], env={**os.environ, **trust}, check=True, timeout=120)
        # What is tried is this checkout's recipe, committed or not.
        shutil.copy(TOP / "scripts/release", clone / "scripts/release")
        # By somebody else's settings.
        release(clone, self.work / "dist", umask=0o077, TZ="Pacific/Kiritimati", LANG="de_DE.UTF-8", LC_ALL="C.UTF-8")
        self.assertEqual((DIST / "SHA256SUMS").read_text(), (self.work / "dist/SHA256SUMS").read_text())

    def test_the_checksums_are_those_of_all_files(self):
        printed("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=DIST)
        named = {line.split("  ", 1)[1] for line in (DIST / "SHA256SUMS").read_text().splitlines()}
        there = {str(path.relative_to(DIST)) for path in DIST.rglob("*") if path.is_file()}
        self.assertEqual(there - named, {"SHA256SUMS"})
        self.assertEqual(named - there, set())
        damaged = DIST / "man/isolab.1"
        right = damaged.read_bytes()
        damaged.write_bytes(right + b"\n")
        code = subprocess.run(["sha256sum", "--check", "--status", "SHA256SUMS"], cwd=DIST).returncode
        damaged.write_bytes(right)
        self.assertNotEqual(code, 0)

    def test_the_program_needs_no_libraries_and_tells_no_paths(self):
        program = next(DIST.glob("isolab-*-linux")).read_bytes()
        self.assertEqual(hashlib.sha256(program).digest(), hashlib.sha256(Path(PROGRAM).read_bytes()).digest())
        self.assertEqual(_needed(program), [])
        sysroot = printed("rustc", "--print", "sysroot").strip()
        home = os.path.realpath(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
        for place in (str(TOP), sysroot, home):
            self.assertNotIn(f"{place}/".encode(), program)

    def test_every_command_has_a_page(self):
        page = printed(PROGRAM, "--help")
        below = re.search(r"^Commands:\n((?:  .*\n)+)", page, re.MULTILINE).group(1)
        commands = {line.split()[0] for line in below.splitlines()} - {"help"}
        pages = {path.name for path in (DIST / "man").iterdir()}
        self.assertEqual(pages, {"isolab.1", *(f"isolab-{command}.1" for command in commands)})
        for name in pages:
            text = (DIST / "man" / name).read_text()
            self.assertRegex(text.splitlines()[2], r'^\.TH isolab[a-z-]* 1 20\d\d-\d\d-\d\d "isolab [0-9.]+" isolab$', name)
            self.assertNotIn("without-actions-of", text.replace("\\", ""))
            self.assertNotIn("isolab-manual", text.replace("\\", ""))
        # Examples and exit codes stand in lines of their own.
        check = (DIST / "man/isolab-check.1").read_text()
        for heading in ("EXAMPLES", "EXIT CODES"):
            self.assertIn(f'.SH "{heading}"\n.nf' if " " in heading else f".SH {heading}\n.nf", check)

    def test_bash_completes_commands_options_and_files(self):
        def completed(*words):
            script = f"source {DIST}/completions/isolab.bash; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; " \
                     f"_isolab isolab '{words[-1]}' '{words[-2]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            return set(printed("bash", "-c", script, cwd=self.work).split())

        (self.work / "own.yaml").touch()
        self.assertEqual(completed("isolab", "ch"), {"check"})
        self.assertEqual(completed("isolab", "manua"), set())
        self.assertEqual(completed("isolab", "check", "--without"), set())
        self.assertEqual(completed("isolab", "check", "--format", "j"), {"json", "junit"})
        self.assertIn("own.yaml", completed("isolab", "check", "--output", "ow"))
        self.assertIn(":_files", (DIST / "completions/_isolab").read_text())
        # Where a lesson is named, what bash would complete by itself: files.
        self.assertLessEqual(completed("isolab", "lint", "ow"), {"own.yaml"})
        self.assertRegex((DIST / "completions/isolab.bash").read_text(), r"complete -F _isolab .*-o default isolab")

    @unittest.skipUnless(shutil.which("dpkg-deb"), "dpkg-deb is not in PATH")
    def test_the_package_has_all_of_it_in_its_places(self):
        names = _listing(package())
        for path in ("usr/bin/isolab", "usr/share/bash-completion/completions/isolab", "usr/share/zsh/vendor-completions/_isolab",
                     "usr/share/fish/vendor_completions.d/isolab.fish", "usr/share/doc/isolab/copyright", "usr/share/doc/isolab/changelog.gz",
                     *(f"usr/share/man/man1/{page.name}.gz" for page in (DIST / "man").iterdir())):
            self.assertIn(path, names)
        for path, (mode, owner) in names.items():
            self.assertEqual(owner, "root/root", path)
            self.assertEqual(mode, "-rwxr-xr-x" if path == "usr/bin/isolab" else "-rw-r--r--", path)
        copyright = printed("sh", "-c", f"dpkg-deb --fsys-tarfile {package()} | tar --extract --to-stdout ./usr/share/doc/isolab/copyright")
        self.assertIn("Licensed under MIT OR Apache-2.0", copyright)
        self.assertIn((TOP / "LICENSE-MIT").read_text(), copyright)
        self.assertRegex(copyright, r"\n  serde v[0-9.]+: MIT OR Apache-2.0\n")
        self.assertNotIn(str(TOP), copyright)


    @unittest.skipUnless(shutil.which("dpkg-deb"), "dpkg-deb is not in PATH")
    def test_what_lessons_name_is_recommended(self):
        fields = printed("dpkg-deb", "--field", package(), "Recommends", "Suggests")
        packages = {name.strip() for line in fields.splitlines() for name in line.split(":", 1)[1].split(",")}
        doctor = (TOP / "src/cli/doctor.rs").read_text()
        tools = re.findall(r'^    \((?:"[\w-]+"|\w+), "([\w-]+)", "[\w-]+"\),$', doctor, re.MULTILINE)
        self.assertGreater(len(tools), 3)
        self.assertLessEqual(set(tools) - ESSENTIAL, packages)
        shown = "".join(printed(PROGRAM, "show", path.stem, "--answers", "--notes") for path in (TOP / "lessons").glob("*.yaml") if path.stem != "glossary")
        for command, name in COMMANDS.items():
            if re.search(rf"(^|[`\s;|]){command}\s", shown):
                self.assertIn(name, packages, command)


def _listing(archive):
    """The package's files, each with mode and owner."""
    rows = [line.split(maxsplit=5) for line in printed("dpkg-deb", "--contents", archive).splitlines()]
    return {path.removeprefix("./"): (mode, owner) for mode, owner, _, _, _, path in rows if not mode.startswith("d")}


def _needed(program):
    """The libraries and the loader that an ELF file of 64 bits asks for (elf(5)): program headers of kind INTERP, and entries NEEDED."""
    offset, = struct.unpack_from("<Q", program, 32)
    size, count = struct.unpack_from("<HH", program, 54)
    found = []
    for number in range(count):
        kind, _, at, _, _, length = struct.unpack_from("<IIQQQQ", program, offset + number * size)
        if kind == 3:
            found.append(program[at : at + length])
        if kind == 2:
            entries = struct.iter_unpack("<qQ", program[at : at + length // 16 * 16])
            found += [value for tag, value in entries if tag == 1]
    return found


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    PROGRAM, DIST = (Path(word).resolve() for word in (sys.argv[1], sys.argv[2]))
    unittest.main(argv=sys.argv[:1])
