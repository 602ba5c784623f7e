#!/usr/bin/env -S python3 -B
"""That no part of scripts/test is lost between its two tiers, and that CONTRIBUTING names each."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "guest"), str(HERE)]
import environments  # noqa: E402

TOP = HERE.parent
SCRIPT = (TOP / "scripts/test").read_text(encoding="utf-8")


def table(name):
    """An array of the script's: what each tier has."""
    body = re.search(rf"^declare -A {name}=\(\n(.*?)^\)$", SCRIPT, re.MULTILINE | re.DOTALL)[1]
    return {tier: words.split() for tier, words in re.findall(r'\[(\w+)\]="([^"]*)"', body)}


def usage(*words):
    process = subprocess.run([TOP / "scripts/test", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return process.returncode, process.stderr


class Tiers(unittest.TestCase):
    def test_each_part_has_a_function_and_the_other_way_round(self):
        parts = {f"{tier}_{part}" for tier, parts in table("parts_of").items() for part in parts}
        functions = set(re.findall(r"^((?:default|slow)_\w+)\(\) \{$", SCRIPT, re.MULTILINE))
        self.assertEqual(parts, functions)

    def test_each_part_is_described(self):
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual(rows, [(part, tier) for tier, parts in table("parts_of").items() for part in parts])
        _, said = usage("no-such-part")
        for tier, heading in (("default", "Parts of the default tier"), ("slow", "Parts of the slow tier")):
            described = re.findall(r"^  (\w+) ", said.split(heading)[1].split("\n\n")[0].split("Parts of")[0], re.MULTILINE)
            self.assertEqual(described, table("parts_of")[tier])

    def test_every_guest_is_booted_in_one_tier(self):
        guests = table("guests_of")
        self.assertEqual(sorted(sum(guests.values(), [])), sorted(name for guest in environments.GUESTS for name in guest.jobs))
        booted = [guest for guest in environments.GUESTS if set(guest.jobs) & set(guests["default"])]
        self.assertEqual(len(booted), 1, "the default tier boots once")

    def test_a_part_of_the_other_tier_is_refused(self):
        parts = {tier: set(parts) for tier, parts in table("parts_of").items()}
        for part in parts["slow"] - parts["default"]:
            self.assertEqual(usage(part)[0], 2)
        for part in parts["default"] - parts["slow"]:
            self.assertEqual(usage("--slow", part)[0], 2)


class Tally(unittest.TestCase):
    def tally(self, log):
        process = subprocess.run([TOP / "scripts/tally-tests"], input=log, capture_output=True, text=True, timeout=60, check=True)
        return process.stdout.splitlines()

    def test_a_failed_test_is_named(self):
        log = (
            "     Running tests/kill.rs (target/debug/deps/kill-1)\ntest a ... ok\ntest b ... FAILED\n"
            "error: test failed, to rerun pass `--test kill`\n"
        )
        self.assertEqual(self.tally(log), ["FAILED: test b", "1 passed, 1 failed, 0 skipped"])

    def test_a_program_that_was_killed_is_named(self):
        log = (
            "     Running tests/kill.rs (target/debug/deps/kill-1)\ntest a ... FAILED\n"
            "error: test failed, to rerun pass `--test kill`\n"
            "     Running tests/tries.rs (target/debug/deps/tries-1)\ntest c ... ok\n"
            "error: test failed, to rerun pass `--test tries`\n\nCaused by:\n"
            "  process didn't exit successfully: `target/debug/deps/tries-1 --show-output` (signal: 9, SIGKILL: kill)\n"
        )
        self.assertEqual(
            self.tally(log),
            [
                "FAILED: test a",
                "FAILED: the test program tests/tries.rs, though none of its tests did",
                "FAILED: tests/tries.rs: signal: 9, SIGKILL: kill",
                "1 passed, 2 failed, 0 skipped",
            ],
        )


if __name__ == "__main__":
    unittest.main()
