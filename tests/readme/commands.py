"""The commands that a page of documentation tells its readers to type: the lines of its fenced blocks marked `sh`."""

import re
import shlex

FENCE = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def of_page(text):
    """In their order, without comments; lines that end with a backslash are one with the next."""
    commands = []
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                commands.append(_without_comment(line))
    return commands


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
    """Whether it opens a screen, which is left with `q`."""
    words = shlex.split(command)
    for opener in (["scripts/lab", "--root"], ["scripts/lab"], ["sudo", "isolab"], ["isolab"], ["cargo", "run", "--release"]):
        if words[: len(opener)] == opener:
            rest = [word for word in words[len(opener):] if word != "--"]
            shown = len(rest) > 1 and rest[0] == "demo" and not {"--auto", "--rehearse"} & set(rest)
            return not rest or rest[0] in ("learn", "notes") or shown
    return False


def may_be_blocked(command):
    """Whether exit code 3 is an answer: nothing failed, and this machine cannot do all of it."""
    return re.search(r"\b(isolab|lab) (check|render|demo)\b", command) is not None
