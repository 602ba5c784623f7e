#!/usr/bin/env -S python3 -B
"""Holds a report of `isolab check --format json` against the table of what must come out (tests/expected.tsv), verdict by
verdict, and prints every difference. What was blocked with leave of the table is printed too, with its reason.

The last line has the form `N passed, N failed, N skipped`: verdicts that passed, differences, what was blocked with leave.
Exit codes: 0 no difference; 1 there are some; 2 the report cannot be read, or the command line is wrong.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "expected"))
import table as expected  # noqa: E402

TABLE = Path(__file__).resolve().parent / "expected.tsv"
FORMAT = 1
LOAD = "other work used "  # how the reason begins when a measurement was spoilt
EXIT_CODES = {"passed": 0, "failed": 1, "blocked": 3, "left_behind": 4, "interrupted": 130}


class Comparison:
    """The differences between a report and the table, and what was tolerated."""

    def __init__(self, table, environment):
        if environment not in table.environments:
            raise expected.TableError(f"there is no environment {environment}, but {', '.join(table.environments)}")
        self.environment = table.environments[environment]
        self.lessons = table.lessons
        self.differences = []
        self.tolerated = []
        self.passed = 0
        self.names = set()
        self._spoilt = set()  # lessons in which a verdict failed that other work can spoil
        self._faulty = set()  # lessons with any difference

    def report(self, document, exit_code=None):
        if document.get("format") != FORMAT:
            return self._differ("report", f"its format is {FORMAT}", document.get("format"))
        self._machine(document)
        here = {key: lesson for key, lesson in self.lessons.items() if lesson.want(self.names).status != "absent"}
        blocked = False
        for name, of_lesson, record in self._pairs("", here, document["lessons"], "lesson"):
            before = len(self.differences)
            blocked |= self._lesson(name, of_lesson, record)
            if len(self.differences) > before:
                self._faulty.add(name)
        overall = "blocked" if blocked else "passed"
        self._same("report", overall, document["overall"])
        if exit_code is not None:
            self._same("exit code", EXIT_CODES[document["overall"]], exit_code)

    def may_be_load(self):
        """Whether everything that differs is in lessons in which a verdict failed that other work can spoil. A guest cannot
        see what else the machine under it does, and says *failed* where it should say *blocked*."""
        elsewhere = [text for text in self.differences if not text.startswith(tuple(self._spoilt))]
        return bool(self._spoilt) and self._faulty == self._spoilt and all(text.startswith("report: ") for text in elsewhere)

    def _machine(self, document):
        place = self.environment
        for key in ("cgroup", "rights"):
            if getattr(place, key) not in (expected.ANY, document[key]):
                self._differ("machine", f"{key} {getattr(place, key)}", document[key])
        if place.kernel != expected.ANY and not document["kernel"].startswith(place.kernel):
            self._differ("machine", f"kernel {place.kernel}", document["kernel"])
        self.names = place.names(document["cgroup"], document["rights"])

    def _lesson(self, name, of_lesson, record):
        """Says whether it was blocked with leave."""
        self._same(f"{name}: left behind", [], record["left"])
        want = of_lesson.want(self.names)
        if want.status != "passed":
            # Found before the first step: no setup, nothing judged.
            steps = {key: step for key, step in of_lesson.children.items() if key != "setup"}
            for step, _, of_step in self._pairs(f"{name}/", steps, record["steps"], "step"):
                self._same_want(f"{name}/{step}", want, of_step["status"])
                self._empty(f"{name}/{step}", of_step)
            self._same_want(name, want, record["status"])
            self._tolerate(name, want, record["status"])
            return want.status == "blocked"
        if not record["steps"] or all(_status(step["status"])[0] == "blocked" for step in record["steps"]):
            self._differ(name, "passed", _said(record["status"]))
            return False
        blocked = False
        for step, of_step, it in self._pairs(f"{name}/", of_lesson.here(self.names), record["steps"], "step"):
            blocked |= self._step(f"{name}/{step}", of_step, it)
        self._same_unless_blocked(name, blocked, record["status"])
        return blocked

    def _step(self, name, of_step, record):
        want = of_step.want(self.names)
        if want.status != "passed":
            self._same_want(name, want, record["status"])
            self._empty(name, record)
            self._tolerate(name, want, record["status"])
            return want.status == "blocked"
        if not record["verdicts"] and _status(record["status"])[0] != "passed":
            self._differ(name, "passed", _said(record["status"]))
            return False
        blocked = False
        claims = of_step.here(self.names)
        for claim, of_verdict, verdict in self._pairs(f"{name}: ", claims, _numbered(record["verdicts"]), "verdict"):
            blocked |= self._verdict(f"{name}: {claim}", of_verdict.want(self.names), verdict)
        self._same_unless_blocked(name, blocked, record["status"])
        return blocked

    def _verdict(self, name, want, verdict):
        word, reason = _status(verdict["status"])
        if want.status == "spoilt" and word == "blocked" and reason.startswith(LOAD):
            self.tolerated.append(f"{name}: {reason}")
            return True
        wanted = "passed" if want.status == "spoilt" else want.status
        if word != wanted:
            if want.status == "spoilt" and word == "failed":
                self._spoilt.add(name.partition("/")[0])
            self._differ(name, wanted, _judged(verdict))
        elif word == "passed":
            self.passed += 1
        return False

    def _pairs(self, prefix, here, records, kind):
        """Pairs what the table has with what the report has; says what only one of them has, and where the order differs."""
        found = {record["id"]: record for record in records}
        if len(found) < len(records):
            self._differ(f"{prefix}{kind}s", "different ids", [record["id"] for record in records])
        for key in here:
            if key not in found:
                self._differ(f"{prefix}{key}", f"this {kind}", "missing")
        for key in found:
            if key not in here:
                self._differ(f"{prefix}{key}", f"no such {kind}", _judged(found[key]))
        common = [key for key in found if key in here]
        if kind != "verdict" and common != [key for key in here if key in found]:
            self._differ(f"{prefix}{kind}s", f"the order {', '.join(here)}", ", ".join(found))
        return [(key, here[key], found[key]) for key in common]

    def _empty(self, name, record):
        for verdict in record["verdicts"]:
            self._differ(f"{name}: {verdict['claim']}", "nothing judged", _judged(verdict))

    def _same_unless_blocked(self, name, blocked, status):
        if not blocked:
            self._same(name, "passed", _said(status))
        elif _status(status)[0] != "blocked" or not _status(status)[1]:
            self._differ(name, "blocked like what is in it", _said(status))

    def _same_want(self, name, want, status):
        word, reason = _status(status)
        if word != want.status or (want.reason or "") not in reason:
            self._differ(name, want, _said(status))

    def _tolerate(self, name, want, status):
        if want.status == "blocked" and _status(status)[0] == "blocked":
            self.tolerated.append(f"{name}: {_status(status)[1]}")

    def _same(self, name, want, is_):
        if want != is_:
            self._differ(name, want, is_)

    def _differ(self, name, want, is_):
        self.differences.append(f"{name}: expected: {want}; was: {is_}")

    def text(self):
        lines = [f"FAILED: {self.environment.name}: {text}" for text in self.differences]
        lines += [f"skipped: {self.environment.name}: {text}" for text in self.tolerated]
        counts = f"{self.passed} passed, {len(self.differences)} failed, {len(self.tolerated)} skipped"
        return "\n".join([*lines, counts]) + "\n"


def _status(status):
    """A status of the report as its word and the reason."""
    if isinstance(status, str):
        return status, ""
    return "blocked", status["blocked"]["reason"]


def _said(status):
    word, reason = _status(status)
    return f'{word} "{reason}"' if reason else word


def _judged(record):
    """What became of a lesson, a step or a verdict, and for a verdict, what was read."""
    read = ", ".join(f"{key} {record[key]!r}" for key in ("expected", "actual", "source") if key in record)
    return _said(record["status"]) + (f" ({read})" if read else "")


def _numbered(verdicts):
    """Verdicts with their claim as id; one that stands there again gets a number."""
    seen = Counter()
    for verdict in verdicts:
        claim = " ".join(verdict["claim"].split())
        seen[claim] += 1
        verdict["id"] = claim if seen[claim] == 1 else f"{claim} ({seen[claim]})"
    return verdicts


class Unreadable(Exception):
    """There is nothing to compare."""


def of_file(report, environment, exit_code=None, table=TABLE):
    try:
        comparison = Comparison(expected.read(table), environment)
        comparison.report(json.loads(report.read_text()), exit_code)
    except (OSError, ValueError, expected.TableError) as error:
        raise Unreadable(f"{report}: {error}") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise Unreadable(f"{report}: not a report of `isolab check --format json`: {error!r}") from None
    return comparison


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, metavar="JSON", help="what `isolab check --format json` printed")
    parser.add_argument("environment", metavar="ENVIRONMENT", help="where it ran: a name from the table")
    parser.add_argument("--exit", type=int, metavar="CODE", help="how it ended; must fit the report")
    parser.add_argument("--table", type=Path, default=TABLE, metavar="FILE")
    options = parser.parse_args()
    try:
        comparison = of_file(options.report, options.environment, options.exit, options.table)
    except Unreadable as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(comparison.text())
    return 1 if comparison.differences else 0


if __name__ == "__main__":
    sys.exit(main())
