"""An event of the forge, as far as it concerns commands: who said what, where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dspy_ci.ports.forge import User

_REPO = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_LOGIN = re.compile(r"[A-Za-z0-9_-]{1,100}(?:\[bot\])?")


@dataclass(frozen=True, slots=True)
class Said:
    """A new comment in the conversation of a pull request."""

    repo: str
    """`owner/name`."""
    number: int
    comment: int
    """The id of the comment."""
    author: User
    association: str
    body: str
    edited: bool = False
    """Whether its text had changed when the event was made."""
    account: int | None = None
    """The number of the author, by which commits name them."""
    installation: int | None = None
    """Of the app that was told, where the event came to one."""


class Broken(ValueError):  # noqa: N818 - it is the payload that is broken, and no error of ours
    """An event of which we need something that is not there or not what it should be; says what."""


def said(name: str, payload: object) -> Said | str:
    """The new comment that an event is about, or in a few words why it is about none. Raises Broken."""
    if name != "issue_comment":
        return f"{name or 'an event without a name'} is no comment in a conversation"
    event = _table(payload, "payload")
    if event.get("action") != "created":
        return "only new comments count"
    issue, comment = _table(event.get("issue"), "issue"), _table(event.get("comment"), "comment")
    if not isinstance(issue.get("pull_request"), Mapping):
        return "the comment is on an issue"
    author, sender = _user(comment.get("user"), "comment.user"), _user(event.get("sender"), "sender")
    if author != sender:
        return "whoever sent the event did not write the comment"
    return Said(
        repo=_matching(_table(event.get("repository"), "repository").get("full_name"), _REPO, "repository.full_name"),
        number=_number(issue.get("number"), "issue.number"),
        comment=_number(comment.get("id"), "comment.id"),
        author=author,
        association=_text(comment.get("author_association"), "comment.author_association"),
        body=_text(comment.get("body"), "comment.body"),
        edited=comment.get("updated_at") != comment.get("created_at"),
        account=_account(comment["user"].get("id")),
        installation=_installation(event.get("installation")),
    )


def _account(value: object) -> int | None:
    return None if value is None else _number(value, "comment.user.id")


def _installation(value: object) -> int | None:
    return None if value is None else _number(_table(value, "installation").get("id"), "installation.id")


def _user(value: object, name: str) -> User:
    table = _table(value, name)
    login = _matching(table.get("login"), _LOGIN, f"{name}.login")
    return User(login, _text(table.get("type"), f"{name}.type"))


def _table(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Broken(f"{name} is no object")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise Broken(f"{name} is no text")
    return value


def _number(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise Broken(f"{name} is no number")
    return value


def _matching(value: object, pattern: re.Pattern[str], name: str) -> str:
    text = _text(value, name)
    if not pattern.fullmatch(text) or ".." in text:
        raise Broken(f"{name} is not what it should be")
    return text
