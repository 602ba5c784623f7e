"""The table of what must come out where (tests/expected.tsv): reading, asking, writing.

    lesson          exceptions
    	step           exceptions
    		verdict       exceptions

What has no exception must have passed. Exceptions are `WHERE: STATUS`, separated by semicolons; the first whose WHERE is
this environment holds. WHERE is an environment, `v1`, `v2`, `root`, `rootless` or `any`, or several of them that must all
apply (`this-user/v1`). STATUS is one of STATUSES; `blocked` is followed by what the reason must contain, in quotation marks.
"""

import re
from dataclasses import dataclass, field

STATUSES = {
    "passed",
    "not_here",  # the lesson says that it belongs to another kind of machine
    "absent",  # not in the record at all
    "blocked",  # lessons and steps only
    "spoilt",  # verdicts only: passed, or blocked because other work used the CPU
}
EXCEPTION = re.compile(r'(?P<where>[\w./-]+): (?P<status>\w+)(?: "(?P<reason>[^"]*)")?')
ANY = "any"


class TableError(Exception):
    """The table is wrong, and where."""


@dataclass(frozen=True)
class Want:
    status: str
    reason: str | None = None

    def __str__(self):
        return self.status if self.reason is None else f'{self.status} "{self.reason}"'


PASSED = Want("passed")


@dataclass
class Environment:
    name: str
    cgroup: str
    rights: str
    kernel: str

    def names(self, cgroup, rights):
        """By what exceptions can mean this environment, on a machine with these cgroups and rights."""
        return {ANY, self.name, cgroup, rights}


@dataclass
class Node:
    """A lesson, a step or a verdict."""

    exceptions: list = field(default_factory=list)  # of (where, Want)
    children: dict = field(default_factory=dict)

    def want(self, names):
        return next((want for where, want in self.exceptions if names.issuperset(where.split("/"))), PASSED)

    def here(self, names):
        """The children that a record of this environment has."""
        return {key: child for key, child in self.children.items() if child.want(names).status != "absent"}


@dataclass
class Table:
    environments: dict
    lessons: dict
    heading: str  # comments and environments, as they stand in the file


def read(path):
    table = Table({}, {}, "")
    heading, ends = [], False
    levels = [table.lessons]
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            if not ends:
                heading.append(line)
                ends = line.startswith("lesson")
                if line and not ends and not line.startswith("#"):
                    _environment(table, line)
            elif line.strip():
                _row(table, levels, line)
        except TableError as error:
            raise TableError(f"{path}:{number}: {error}") from None
    table.heading = "\n".join(heading) + "\n"
    return table


def _environment(table, line):
    cells = [cell.strip() for cell in line.split("\t")]
    if cells[0] == "environment":
        return
    if len(cells) != 4 or cells[1] not in ("v1", "v2", ANY) or cells[2] not in ("root", "rootless"):
        raise TableError(f"not an environment with cgroup version, rights and kernel: {line!r}")
    table.environments[cells[0]] = Environment(*cells)


def _row(table, levels, line):
    depth = len(line) - len(line.lstrip("\t"))
    name, _, exceptions = (part.strip() for part in line.strip("\t").partition("\t"))
    if depth >= len(levels) or depth > 2:
        raise TableError(f"{name!r} stands under nothing")
    siblings = levels[depth]
    if name in siblings:
        raise TableError(f"{name!r} stands here twice")
    node = Node([_exception(table, text.strip(), depth) for text in exceptions.split(";") if text.strip()])
    siblings[name] = node
    levels[depth + 1:] = [node.children]


def _exception(table, text, depth):
    match = EXCEPTION.fullmatch(text)
    if not match:
        raise TableError(f"not `WHERE: STATUS`: {text!r}")
    where, status, reason = match["where"], match["status"], match["reason"]
    unknown = set(where.split("/")) - {ANY, "v1", "v2", "root", "rootless", *table.environments}
    if unknown:
        raise TableError(f"there is no environment {unknown.pop()!r}")
    if status not in STATUSES:
        raise TableError(f"there is no status {status!r}")
    if (status == "spoilt" and depth != 2) or (status == "blocked" and depth == 2):
        raise TableError(f"{status!r} cannot stand here")
    if (status == "blocked") != bool(reason):
        raise TableError(f"`blocked`, and nothing else, needs a reason: {text!r}")
    return where, Want(status, reason)


def write(table):
    rows = []
    for lesson, of_lesson in table.lessons.items():
        rows.append((0, lesson, of_lesson))
        for step, of_step in of_lesson.children.items():
            rows.append((1, step, of_step))
            rows += ((2, verdict, node) for verdict, node in of_step.children.items())
    return table.heading + "".join(_line(*row) for row in rows)


def _line(depth, name, node):
    exceptions = "; ".join(f"{where}: {want}" for where, want in node.exceptions)
    return "\t" * depth + name + (f"\t{exceptions}" if exceptions else "") + "\n"
