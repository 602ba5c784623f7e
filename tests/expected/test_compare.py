#!/usr/bin/env -S python3 -B
"""The comparison itself: what differs must be found, and only what the table allows may pass."""

import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import record as recorder  # noqa: E402
import table as expected  # noqa: E402
from compare import TABLE, Comparison  # noqa: E402

HEADING = "# A sample\nenvironment\tcgroup\trights\tkernel\nhere\tany\troot\tany\nuser\tv1\trootless\t6.1.\n\nlesson\texceptions\n"
ROWS = (
    'uts\n\tsetup\n\trename\n\t\tname is bird\n\t\tkernel is old\tv1: not_here\n'
    'cpu\tuser/v1: blocked "belongs to root"\n\tsetup\n\tfree\n\t\tshare is at least 150 %\tany: spoilt\n\t\tcalm\n'
    '\thigh\tv1: not_here\n\t\tpressure grew\n'
)
LOAD = {"blocked": {"reason": "other work used 80 % of a CPU", "remedy": "end it"}}
RIGHTS = {"blocked": {"reason": "/sys/fs/cgroup/cpu belongs to root", "remedy": "sudo"}}


def verdict(claim, status="passed"):
    return {"subject": "x", "claim": claim, "status": status, "expected": "a", "actual": "b", "source": "box /proc"}


def step(name, *verdicts, status="passed"):
    return {"id": name, "status": status, "actions": [], "verdicts": list(verdicts)}


def lesson(name, *steps, status="passed"):
    return {"id": name, "status": status, "steps": list(steps), "left": []}


def document():
    """What `here`, with cgroup v1, must give."""
    uts = lesson("uts", step("setup"), step("rename", verdict("name is bird"), verdict("kernel is old", "not_here")))
    cpu = lesson("cpu", step("setup"), step("free", verdict("share is at least 150 %"), verdict("calm")),
                 step("high", status="not_here"))
    return {"format": 1, "cgroup": "v1", "rights": "root", "kernel": "6.18.1", "overall": "passed", "lessons": [uts, cpu]}


def document_of_user():
    it = document() | {"rights": "rootless", "kernel": "6.1.0-56", "overall": "blocked"}
    it["lessons"][1] = lesson("cpu", step("free", status=RIGHTS), step("high", status=RIGHTS), status=RIGHTS)
    return it


def table_of(text):
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.write(text)
        file.flush()
        return expected.read(Path(file.name))


def compared(it, environment="here", exit_code=None):
    comparison = Comparison(table_of(HEADING + ROWS), environment)
    comparison.report(copy.deepcopy(it), exit_code)
    return comparison


class TestCompare(unittest.TestCase):
    def same(self, it, environment="here", exit_code=None):
        comparison = compared(it, environment, exit_code)
        self.assertEqual(comparison.differences, [])
        return comparison

    def differs(self, it, *named, environment="here", exit_code=None):
        differences = compared(it, environment, exit_code).differences
        self.assertTrue(differences)
        for part in named:
            self.assertTrue(any(part in difference for difference in differences), (part, differences))

    def test_what_is_as_it_must_be_passes(self):
        it = self.same(document(), exit_code=0)
        self.assertEqual(it.text(), "3 passed, 0 failed, 0 skipped\n")

    def test_every_other_status_of_a_verdict_differs(self):
        for status in ("failed", "not_run", "not_here", RIGHTS, LOAD):
            it = document()
            it["lessons"][0]["steps"][1]["verdicts"][0]["status"] = status
            self.differs(it, "uts/rename: name is bird: expected: passed; was: ")

    def test_a_verdict_that_is_not_here_must_be_just_that(self):
        it = document()
        it["lessons"][0]["steps"][1]["verdicts"][1]["status"] = "passed"
        self.differs(it, "kernel is old: expected: not_here; was: passed")
        it["cgroup"] = "v2"
        it["lessons"][1]["steps"][2] = step("high", verdict("pressure grew"))
        self.same(it)

    def test_statuses_of_steps_and_lessons_count_too(self):
        for status in ("failed", "not_run", "not_here", RIGHTS):
            it = document()
            it["lessons"][0]["steps"][0]["status"] = status
            self.differs(it, "uts/setup: expected: passed")
            it = document()
            it["lessons"][0]["status"] = status
            self.differs(it, "uts: expected: passed")

    def test_what_is_missing_differs(self):
        def without(path):
            it = document()
            where = it["lessons"]
            for key in path[:-1]:
                where = where[key]
            del where[path[-1]]
            return it
        self.differs(without([1]), "cpu: expected: this lesson; was: missing")
        self.differs(without([0, "steps", 1]), "uts/rename: expected: this step; was: missing")
        self.differs(without([1, "steps", 2]), "cpu/high: expected: this step; was: missing")
        self.differs(without([0, "steps", 1, "verdicts", 0]), "name is bird: expected: this verdict; was: missing")

    def test_what_is_new_differs(self):
        it = document()
        it["lessons"].append(lesson("new", step("setup")))
        self.differs(it, "new: expected: no such lesson; was: passed")
        it = document()
        it["lessons"][0]["steps"].append(step("new", verdict("x")))
        self.differs(it, "uts/new: expected: no such step; was: passed")
        for claim in ("a new one", "name is bird"):
            it = document()
            it["lessons"][0]["steps"][1]["verdicts"].append(verdict(claim))
            self.differs(it, f"uts/rename: {claim}", "expected: no such verdict; was: passed")

    def test_the_order_of_lessons_and_steps_counts(self):
        it = document()
        it["lessons"].reverse()
        self.differs(it, "lessons: expected: the order uts, cpu")

    def test_load_is_tolerated_only_where_the_table_says_so(self):
        it = document() | {"overall": "blocked"}
        cpu = it["lessons"][1]
        cpu["status"] = cpu["steps"][1]["status"] = cpu["steps"][1]["verdicts"][0]["status"] = LOAD
        tolerated = self.same(it, exit_code=3)
        self.assertEqual(len(tolerated.tolerated), 1)
        self.assertIn("other work used 80 %", tolerated.text())
        self.assertTrue(tolerated.text().endswith("\n2 passed, 0 failed, 1 skipped\n"))
        self.differs(it, "exit code: expected: 3; was: 0", exit_code=0)
        self.differs(it | {"overall": "failed"}, "report: expected: blocked; was: failed", exit_code=1)
        cpu["steps"][1]["verdicts"][0]["status"] = RIGHTS
        self.differs(it, "share is at least 150 %: expected: passed; was: blocked")
        cpu["steps"][1]["verdicts"] = [verdict("share is at least 150 %"), verdict("calm", LOAD)]
        self.differs(it, "cpu/free: calm: expected: passed; was: blocked", "cpu: expected: passed; was: blocked")

    def test_only_what_other_work_can_spoil_may_be_load(self):
        it = document() | {"overall": "failed"}
        cpu = it["lessons"][1]
        cpu["status"] = cpu["steps"][1]["status"] = cpu["steps"][1]["verdicts"][0]["status"] = "failed"
        self.assertTrue(compared(it).may_be_load())
        self.assertFalse(compared(document()).may_be_load())
        it["lessons"][0]["left"] = ["a directory"]
        self.assertFalse(compared(it).may_be_load())
        it["lessons"][0]["left"] = []
        cpu["steps"][1]["verdicts"] = [verdict("share is at least 150 %"), verdict("calm", "failed")]
        self.assertFalse(compared(it).may_be_load())

    def test_an_unexpected_block_differs(self):
        it = document() | {"overall": "blocked"}
        it["lessons"][1] = document_of_user()["lessons"][1]
        self.differs(it, "cpu: expected: passed; was: blocked \"/sys/fs/cgroup/cpu belongs to root\"", "report: expected: passed")

    def test_a_block_that_must_be_is_skipped_with_its_reason(self):
        it = self.same(document_of_user(), "user", exit_code=3)
        self.assertEqual(it.text(), "skipped: user: cpu: /sys/fs/cgroup/cpu belongs to root\n1 passed, 0 failed, 1 skipped\n")

    def test_a_block_for_another_reason_differs(self):
        it = document_of_user()
        for part in (it["lessons"][1], *it["lessons"][1]["steps"]):
            part["status"] = LOAD
        self.differs(it, "cpu: expected: blocked", environment="user")

    def test_what_must_be_blocked_and_passes_differs(self):
        it = document_of_user()
        it["lessons"][1] = document()["lessons"][1]
        self.differs(it, "cpu: expected: blocked", "cpu/free: calm: expected: nothing judged", environment="user")

    def test_what_is_left_behind_differs(self):
        it = document()
        it["lessons"][0]["left"] = ["rmdir /sys/fs/cgroup/x: EBUSY"]
        self.differs(it, "uts: left behind: expected: []")

    def test_another_machine_than_the_table_means_differs(self):
        for key, value in (("cgroup", "v2"), ("rights", "root"), ("kernel", "6.12.0")):
            self.differs(document_of_user() | {key: value}, "machine: expected: ", environment="user")

    def test_another_format_overall_or_exit_code_differs(self):
        self.differs(document() | {"format": 2}, "format")
        self.differs(document() | {"overall": "failed"}, "report: expected: passed")
        self.differs(document() | {"lessons": []}, "uts: expected: this lesson", "cpu: expected: this lesson")
        self.differs(document(), "exit code: expected: 0; was: 4", exit_code=4)


class TestTable(unittest.TestCase):
    def test_the_real_table_can_be_read_and_written(self):
        table = expected.read(TABLE)
        self.assertEqual(expected.write(table), TABLE.read_text())
        self.assertTrue(all(lesson.children for lesson in table.lessons.values()))

    def test_mistakes_are_found(self):
        for row in ("uts\tv3: absent", "uts\tv1: gone", "uts\tv1", "uts\tv1: blocked", "uts\tv1: spoilt",
                    "uts\n\ta\n\ta", "uts\n\t\ta", "uts\n\ta\n\t\tb\tv1: blocked \"x\"", "uts\tv1: absent \"x\""):
            with self.assertRaises(expected.TableError, msg=row):
                table_of(HEADING + row + "\n")


class TestRecord(unittest.TestCase):
    def recorded(self, text, *documents):
        table = table_of(HEADING + text)
        reports = [(table.environments[name].names(it["cgroup"], it["rights"]), it) for name, it in documents]
        table.lessons = recorder.merge(table, reports)
        return expected.write(table).removeprefix(HEADING)

    def v2(self):
        it = document() | {"cgroup": "v2"}
        it["lessons"][0]["steps"][1]["verdicts"][1]["status"] = "passed"
        it["lessons"][1]["steps"][2] = step("high", verdict("pressure grew"))
        return it

    def test_everything_is_recorded_but_what_is_written_by_hand(self):
        by_hand = 'cpu\tuser/v1: blocked "belongs to root"\n\tfree\n\t\tshare is at least 150 %\tany: spoilt\n'
        documents = (("here", document()), ("here", self.v2()), ("user", document_of_user()))
        self.assertEqual(self.recorded(by_hand, *documents), ROWS)
        self.assertEqual(self.recorded(ROWS, *documents), ROWS)

    def test_a_failure_is_never_recorded(self):
        it = document()
        it["lessons"][1]["steps"][1:] = [step("free", verdict("boom", "failed"), status="failed"), step("high", status="not_run")]
        it["lessons"][1]["status"] = "failed"
        self.assertEqual(self.recorded(ROWS, ("here", it), ("here", self.v2())), ROWS)

    def test_what_is_gone_is_taken_out(self):
        it = document()
        del it["lessons"][1]["steps"][1]["verdicts"][1]
        self.assertEqual(self.recorded(ROWS, ("here", it)), ROWS.replace("\t\tcalm\n", ""))


class TestCommand(unittest.TestCase):
    def test_exit_codes(self):
        with tempfile.TemporaryDirectory() as directory:
            table, report = Path(directory, "table"), Path(directory, "report")
            table.write_text(HEADING + ROWS)
            cases = ((json.dumps(document()), 0), ('{"format": 9}', 1), ("{}", 1), ("[]", 2), ("", 2), ('{"format": 1}', 2))
            for text, code in cases:
                report.write_text(text)
                command = [sys.executable, "-B", HERE.parent / "compare.py", "--table", table, report, "here"]
                self.assertEqual(subprocess.run(command, capture_output=True).returncode, code, text)


if __name__ == "__main__":
    unittest.main()
