"""The verbs and the text of `dspy-ci --help`: written, so that asking for help loads nothing."""

from __future__ import annotations

VERBS = {
    "demo": "Break a small project in a temporary folder and mend it before your eyes.",
    "explain": "Name the failures in a log, root cause first.",
    "context": "Reduce a log to what explains its failures.",
    "fix": "Run the tests, find the cause of what is red, and prove a patch.",
    "edit": "Have a described change written by a model, and judge it in the sandbox.",
    "triage": "Run each failure again, with the change and without it, and say whose it is.",
    "culprit": "Find the smallest part of a change that turns its base red.",
    "apply": "Apply a verified patch that a hook has stored, or of a bundle.",
    "score": "Score the tree or a patch: 0.6 tests, 0.25 types or syntax, 0.15 lint.",
    "codectx": "Say what a file or a folder holds, or answer a question about it.",
    "shell": "Answer questions one after the other, each with the tool that fits.",
    "train": "Learn from the repository's own history, and show what was gained.",
    "respond": "Answer one command in a comment of a pull request.",
    "serve-bot": "Answer commands in pull requests from a webhook server of your own.",
    "doctor": "Show what works here: interpreter, tests, sandbox, model, tokens.",
    "action": "Read a red run, prove a patch, publish it: the three roles of the Action.",
    "hook": "Judge what is about to be committed or pushed, and mend it.",
}
"""Verb to one-line help, in the order of `--help`; the module of the same name in `commands/` holds `command`."""

_HELP = """\
Usage: dspy-ci [OPTIONS] VERB [ARGS]...

  A red build goes in, a verified patch comes out.

Options:
  -V, --version  Show the version and exit.
  -h, --help     Show this text and exit; `dspy-ci VERB --help` tells more.

Verbs:
{verbs}

Exit codes:
  0    nothing is wrong, or it was mended with proof
  1    failures remain
  2    the command line or a setting is wrong
  3    our own fault; a report file is named
  4    an outside thing is missing: an interpreter, a tool, a token, a model
  130  interrupted
"""


def overview() -> str:
    """The text of `dspy-ci --help`."""
    width = max(map(len, VERBS))
    return _HELP.format(verbs="\n".join(f"  {verb:<{width}}  {text}" for verb, text in VERBS.items()))
