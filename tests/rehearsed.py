"""Judges a report of `isolab demo SCRIPT --rehearse --format json`: everything must have passed, each cue by itself.

What other work on the machine has spoilt is tolerated and told, and so is what is blocked where the environment may not do it.
"""

import json
from dataclasses import dataclass, field

FORMAT = 1
SCRIPTS = ["fifteen-minutes", "who-ate-my-cpu"]
LOAD = "other work used "  # how the reason begins when a measurement was spoilt
EXIT_CODES = {"passed": 0, "failed": 1, "blocked": 3, "left_behind": 4, "interrupted": 130}


@dataclass
class Rehearsed:
    """What came out, a line each but for what passed."""

    passed: int = 0
    failed: list = field(default_factory=list)
    tolerated: list = field(default_factory=list)


def of_file(path, exit_code, may_be_blocked=False):
    """`may_be_blocked`: this environment has not all rights that the scripts need; then they have fallbacks."""
    try:
        return judge(json.loads(path.read_text()), exit_code, may_be_blocked)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Rehearsed(failed=[f"the report cannot be read: {error!r}"])


def judge(document, exit_code, may_be_blocked=False):
    result = Rehearsed()
    if document["format"] != FORMAT:
        result.failed.append(f"the report's format is {document['format']}, not {FORMAT}")
        return result
    rehearsal, overall = document["rehearsal"], document["overall"]
    if exit_code != EXIT_CODES[overall]:
        result.failed.append(f"exit code {exit_code} of a rehearsal that is {overall}")
    result.failed += [f"left behind: {line}" for line in rehearsal["left"]]
    for shown in (shown for chapter in rehearsal["chapters"] for shown in chapter["shown"]):
        _cue(shown, may_be_blocked, result)
    # By its cues nothing is wrong, but the program says so.
    if not result.failed and overall not in ("passed", "blocked" if result.tolerated else "passed"):
        result.failed.append(f"it is {overall}")
    if not result.passed:
        result.failed.append("nothing has passed")
    return result


def _cue(shown, may_be_blocked, result):
    status, name = shown["status"], _name(shown["what"])
    instead = shown["instead"]
    if status == "passed":
        result.passed += 1
    elif status == "not_run" and instead == "before":
        pass
    elif isinstance(status, dict) and "blocked" in status:
        reason = status["blocked"]["reason"]
        allowed = may_be_blocked or reason.startswith(LOAD)
        (result.tolerated if allowed else result.failed).append(f"{name}: blocked: {reason}")
        for other in instead["fallback"] if instead else []:
            _cue(other, may_be_blocked, result)
    else:
        result.failed.append(f"{name}: {status}: {'; '.join(_why(shown)) or 'no reason told'}")


def _name(what):
    return f"{what['step']['lesson']}/{what['step']['id']}" if "step" in what else "card"


def _why(shown):
    verdicts = (shown["record"] or {}).get("verdicts", []) + ([shown["awaited"]] if shown["awaited"] else [])
    failed = [v for v in verdicts if v["status"] == "failed"]
    trouble = [shown["trouble"]] if shown["trouble"] else []
    return trouble + [f"{v['claim']}: expected {v['expected']}, actual {v['actual']}" for v in failed]
