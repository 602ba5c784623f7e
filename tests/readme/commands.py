"""What a page of documentation tells its readers to do: the lines of its fenced blocks marked `sh` are commands, and a block marked with its
language and a path (`yaml own/quiet.yaml`) is a file to be saved there."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

LESSONS = {path.stem for path in (Path(__file__).resolve().parents[2] / "lessons").glob("*.yaml")} - {"glossary"}
FENCE = re.compile(r"^```(?:sh|\w+ (?P<path>[\w./-]+))\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class File:
    """A file to be saved, its path in the checkout."""

    path: str
    text: str


def of_page(text):
    """Commands, without comments, and files, in their order. Lines that end with a backslash are one with the next."""
    found = []
    for block in FENCE.finditer(text):
        if block["path"]:
            found.append(File(block["path"], block["body"]))
            continue
        for line in block["body"].replace("\\\n", " ").splitlines():
            if shlex.split(line, comments=True):
                found.append(_without_comment(line))
    return found


def _without_comment(line):
    """A `#` begins a comment where a word could begin, and not in quotes (bash(1), COMMENTS)."""
    quote = ""
    for place, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and (place == 0 or line[place - 1].isspace()):
            return line[:place].rstrip()
    return line.rstrip()


def needs_terminal(command):
    """Whether it opens a screen, which is left with `q`. The name of a lesson alone opens it."""
    words = _of_isolab(command)
    if words is None:
        return False
    if "--plain" in words:
        return False
    shown = len(words) > 1 and words[0] == "demo" and not {"--auto", "--rehearse"} & set(words)
    watches = len(words) > 1 and words[0] == "lint" and "--watch" in words
    return not words or words[0] in ("learn", "notes") or words[0] in LESSONS or shown or watches


def exit_codes(command):
    """The exit codes that are an answer: success, and that nothing failed but this machine cannot do all of it."""
    words = _of_isolab(command) or [""]
    if words[0] in ("check", "render", "demo"):
        return (0, 3)
    return (0, 5) if words[0] == "grade" else (0,)


def _of_isolab(command):
    """isolab's command and what follows, without the options before it, each of which has a value; None where it is not isolab that is run."""
    words = shlex.split(command)
    for opener in (["scripts/lab", "--root"], ["scripts/lab"], ["sudo", "isolab"], ["isolab"], ["cargo", "run", "--release", "--"],
                   ["cargo", "run", "--release"]):
        if words[: len(opener)] == opener:
            words = words[len(opener):]
            while words and words[0] in ("--lessons", "--color", "--theme"):
                words = words[2:]
            return words
    return None
