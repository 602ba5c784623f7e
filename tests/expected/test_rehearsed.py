#!/usr/bin/env -S python3 -B
"""The judgement on rehearsals itself: what did not pass must be found."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import rehearsed  # noqa: E402

RIGHTS = {"blocked": {"reason": "/sys/fs/cgroup/cpu belongs to root", "remedy": "sudo"}}
LOAD = {"blocked": {"reason": "other work used 80 % of a CPU", "remedy": "end it"}}


def cue(status="passed", instead=None, awaited=None):
    what = {"step": {"lesson": "uts", "set": {}, "id": "copy", "title": "A copy"}}
    return {"what": what, "status": status, "record": None, "awaited": awaited, "trouble": None, "instead": instead}


def judge(*cues, overall="passed", code=0, left=(), blocked=False):
    rehearsal = {"left": list(left), "chapters": [{"shown": list(cues)}]}
    return rehearsed.judge({"format": 1, "overall": overall, "rehearsal": rehearsal}, code, blocked)


class Judgement(unittest.TestCase):
    def test_what_passes(self):
        result = judge(cue(), cue())
        self.assertEqual((result.passed, result.failed, result.tolerated), (2, [], []))

    def test_what_fails_is_told(self):
        verdict = {"claim": "x is 1", "expected": "1", "actual": "2", "status": "failed"}
        result = judge(cue(), cue("failed", awaited=verdict), overall="failed", code=1)
        self.assertEqual(result.failed, ["uts/copy: failed: x is 1: expected 1, actual 2"])
        self.assertTrue(judge(cue(), cue("not_run"), overall="failed", code=1).failed)
        self.assertTrue(judge(cue(), cue("not_here")).failed)

    def test_a_fallback_hides_no_block_where_everything_must_work(self):
        replaced = cue(RIGHTS, {"fallback": [cue()]})
        self.assertTrue(judge(cue(), replaced).failed)
        result = judge(cue(), replaced, cue("not_run", "before"), blocked=True)
        self.assertEqual((result.passed, result.failed, len(result.tolerated)), (2, [], 1))
        broken = cue(RIGHTS, {"fallback": [cue("failed")]})
        self.assertTrue(judge(cue(), broken, overall="failed", code=1, blocked=True).failed)

    def test_load_is_tolerated_everywhere(self):
        result = judge(cue(), cue(LOAD), overall="blocked", code=3)
        self.assertEqual((result.passed, result.failed, len(result.tolerated)), (1, [], 1))

    def test_the_program_must_agree(self):
        self.assertTrue(judge(cue(), code=1).failed)
        self.assertTrue(judge(cue(), overall="interrupted", code=130).failed)
        self.assertTrue(judge(cue(), overall="blocked", code=3).failed)
        self.assertTrue(judge(cue(), overall="left_behind", code=4, left=["rmdir"]).failed)
        self.assertTrue(judge().failed, "nothing is no pass")

    def test_what_cannot_be_read_has_failed(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "report.json")
            self.assertTrue(rehearsed.of_file(path, 0).failed)
            for text in ("", "[]", '{"format": 1}', '{"format": 2}'):
                path.write_text(text)
                self.assertTrue(rehearsed.of_file(path, 0).failed, text)


if __name__ == "__main__":
    unittest.main()
