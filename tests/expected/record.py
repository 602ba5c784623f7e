#!/usr/bin/env -S python3 -B
"""Brings the table of what must come out (tests/expected.tsv) up to date with lessons that were changed: new steps and
verdicts are added, those that are gone are taken out, and what depends on the environment becomes an exception. To be read
with `git diff` before it is committed.

It never records a failure: of a step that failed or was not run, the rows stay as they were. Exceptions with `blocked` and
`spoilt` are written by hand, and stay. Give one report for every environment; what is missing is taken not to differ.
"""

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import table as expected  # noqa: E402
from compare import TABLE, _numbered, _status  # noqa: E402

BY_HAND = ("blocked", "spoilt")


def merge(table, reports):
    """The lessons of the table as they are now; reports are pairs of an environment's names and its document."""
    by_lesson = [(names, {lesson["id"]: lesson for lesson in document["lessons"]}) for names, document in reports]
    lessons = {}
    for lesson in _order(list(found) for _, found in by_lesson):
        old = table.lessons.get(lesson, expected.Node())
        steps = [(names, {step["id"]: step for step in found[lesson]["steps"]}) for names, found in by_lesson
                 if lesson in found and _status(found[lesson]["status"])[0] != "blocked" or _ran(found, lesson)]
        lessons[lesson] = expected.Node(list(old.exceptions), _steps(old, steps))
    return lessons


def _ran(found, lesson):
    return lesson in found and any(step["actions"] for step in found[lesson]["steps"])


def _steps(old, records):
    steps = {}
    for step in _order(list(found) for _, found in records):
        if step == "end":  # stands for a run that broke off
            continue
        was = old.children.get(step, expected.Node())
        seen = [(names, _word(found.get(step))) for names, found in records]
        judged = [(names, [verdict["id"] for verdict in _numbered(found[step]["verdicts"])],
                   {verdict["id"]: _word(verdict) for verdict in found[step]["verdicts"]})
                  for names, found in records if _word(found.get(step)) == "passed"]
        steps[step] = expected.Node(_exceptions(was, seen), _verdicts(was, judged))
    return steps or old.children


def _verdicts(old, judged):
    if not judged:
        return old.children
    verdicts = {}
    for claim in _order(order for _, order, _ in judged):
        was = old.children.get(claim, expected.Node())
        seen = [(names, statuses.get(claim, "absent")) for names, _, statuses in judged]
        verdicts[claim] = expected.Node(_exceptions(was, seen))
    return verdicts


def _word(record):
    """What a record says about the table: None where it says nothing."""
    if record is None:
        return "absent"
    word = _status(record["status"])[0]
    return {"failed": None, "not_run": None, "blocked": "passed"}.get(word, word)


def _exceptions(old, seen):
    seen = [(names, word) for names, word in seen if word]
    if all(old.want(names).status in (word, *BY_HAND) for names, word in seen):
        return old.exceptions
    exceptions = [(where, want) for where, want in old.exceptions if want.status in BY_HAND]
    for word in sorted({word for _, word in seen} - {"passed"}):
        having = [names for names, of in seen if of == word]
        others = [names for names, of in seen if of != word]
        common = set.intersection(*having) - set().union(*others)
        where = sorted(common, key=lambda name: (name not in ("v1", "v2"), name not in ("root", "rootless"), name))
        for name in where[:1] or sorted(min(names, key=len_of_environment) for names in having):
            exceptions.append((name, expected.Want(word)))
    return exceptions


def len_of_environment(name):
    """Sorts an environment's own name before what it shares with others."""
    return name in ("v1", "v2", "root", "rootless", expected.ANY)


def _order(lists):
    """All of what is in the lists, in an order that agrees with each of them as far as they agree."""
    merged = []
    for names in lists:
        at = 0
        for name in names:
            if name in merged:
                at = merged.index(name) + 1
            else:
                merged.insert(at, name)
                at += 1
    return merged


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", metavar="ENVIRONMENT=JSON")
    parser.add_argument("--table", type=Path, default=TABLE, metavar="FILE")
    options = parser.parse_args()
    table = expected.read(options.table)
    reports = []
    for text in options.reports:
        name, _, path = text.partition("=")
        if name not in table.environments:
            parser.error(f"no environment {name!r}; there are {', '.join(table.environments)}")
        document = json.loads(Path(path).read_text())
        reports.append((table.environments[name].names(document["cgroup"], document["rights"]), document))
    table.lessons = merge(table, reports)
    options.table.write_text(expected.write(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
