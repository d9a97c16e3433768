"""A scripted model whose answers depend on what it is told: it is as good as its instructions, and can improve them."""

import re
import subprocess

PHRASES = ("Spell every name as it stands there.", "Give the command or the code itself.")
"""What its instructions must say for half of a good answer each."""


def scholar(root):
    """The script for a repository whose newest commit holds the right code."""

    def answer(question):
        system, user = question.system, question.user
        if "You improve the instructions" in system:
            return _better(user)
        names, whole = (phrase in system for phrase in PHRASES)
        return _ANSWERS[_program(system)](user, names, whole, root)

    return answer


def _better(user):
    """The instructions with one more phrase."""
    old = re.search(r"<instructions>\n(.*?)\n</instructions>", user, re.DOTALL)[1]
    new = next((f"{old} {phrase}" for phrase in PHRASES if phrase not in old), old)
    return f"I see what is wrong.\n<instructions>\n{new}\n</instructions>"


def _program(system):
    return next(name for name in _ANSWERS if f"`{name}`" in system)


def _words(text):
    return list(dict.fromkeys(re.findall(r"[A-Za-z_][\w./:]*\w", text)))


def _points(user, names, whole, _root):
    words = _words(user.partition("logs_preview")[2])
    lines = [line for line in words if len(line) > 3]
    shown = [*(lines[::2] if names else []), *(lines[1::2] if whole else [])]
    chunks = [" ".join(shown[start::7])[:330] for start in range(7)]
    return "Summary: a test is red.\n" + "\n".join(f"- {chunk}" for chunk in chunks if chunk) + "\n- Something is red."


def _plan(user, names, whole, _root):
    test = re.search(r"(tests/test_(\w+)\.py)", user)
    step = f"Look at {test[2]}.py and the function {test[2]}" if names else "Look at the code"
    return f"1. {step}\n$ {'pytest ' + test[1] if whole else 'make'}"


def _explained(user, names, whole, _root):
    words = _words(user)
    return " ".join((words if names else [])[: len(words) if whole else len(words) // 3]) or "I do not know."


def _edited(user, names, _whole, root):
    path = re.search(r"=== (\S+\.py) ===", user)[1]
    right = subprocess.run(["git", "show", f"HEAD:{path}"], cwd=root, capture_output=True, text=True, check=True).stdout
    if not names:
        right = re.sub(r"return .*", "return None", right)
    return f"The function was wrong.\n\n{path}\n```python\n{right}```\n"


def _chosen(user, names, whole, _root):
    name = re.search(r"tests/test_(\w+)\.py", user)[1]
    return f"tool: search\nquery: {name}" if names and whole else "tool: grep\npattern: def" if names else "tool: index"


_ANSWERS = {"key_points": _points, "plan": _plan, "answer": _explained, "edits": _edited, "action": _chosen}
