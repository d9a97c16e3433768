"""Secrets out of text, before it is stored, shown, or sent to a model."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

_SHORTEST = 6
"""A value below this length is a word, not a secret: replacing it would destroy the text."""
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|(?:^|_)PWD$|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL|AUTH|(?:^|_)KEY$|DSN$|(?:^|_)PAT$",
    re.IGNORECASE,
)
_HARMLESS = {
    "true",
    "false",
    "none",
    "null",
    "default",
    "enabled",
    "disabled",
    "unknown",
    "password",
    "secret",
    "localhost",
}


class Shape(NamedTuple):
    """How one kind of secret looks."""

    label: str
    signs: tuple[str, ...]
    """Literals, in lower case, one of which every such secret has near it: a cheap test before the pattern."""
    pattern: re.Pattern[str]
    """The group `secret`, or else the whole match, is replaced."""


def _shape(label: str, signs: str, pattern: str) -> Shape:
    return Shape(label, tuple(signs.split()), re.compile(pattern))


_VALUE = r"[^\s'\",;&|<>()\[\]{}]"
SHAPES = (
    _shape(
        "private-key", "private", r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    ),
    _shape(
        "github-token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat",
        r"(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,})",
    ),
    _shape(
        "gitlab-token",
        "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent- glimt- gloas-",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-[A-Za-z0-9_=.-]{16,}",
    ),
    _shape("aws-key-id", "akia asia abia acca", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}"),
    _shape("aws-secret", "aws", r"(?i:aws)[^\n]{0,40}?['\"=:\s](?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"),
    _shape("slack", "xox hooks.slack", r"(?:xox[a-z]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/[A-Za-z0-9/]{20,})"),
    _shape("anthropic", "sk-ant", r"sk-ant-[A-Za-z0-9_-]{16,}"),
    _shape("openai", "sk-", r"sk-[A-Za-z0-9_-]{20,}"),
    _shape("google", "aiza ya29", r"(?:AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{20,})"),
    _shape("jwt", "eyj", r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    _shape("pypi-token", "pypi-", r"pypi-[A-Za-z0-9_-]{16,}"),
    _shape("npm-token", "npm_ _auth", r"(?:npm_[A-Za-z0-9]{20,}|_auth(?:Token)?\s*=\s*(?P<secret>[^\s'\"]{6,}))"),
    _shape("hugging-face", "hf_", r"hf_[A-Za-z0-9]{20,}"),
    _shape("stripe", "_live_ _test_", r"[srp]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    _shape("sendgrid", "sg.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    _shape("docker-token", "dckr_", r"dckr_[a-z]+_[A-Za-z0-9_-]{16,}"),
    _shape("digitalocean", "_v1_", r"do[opr]_v1_[a-f0-9]{32,}"),
    _shape("telegram", ":aa", r"\d{8,10}:AA[\w-]{30,}"),
    _shape(
        "azure-key", "accountkey sharedaccess", r"(?:AccountKey|SharedAccessKey|sig)=(?P<secret>[A-Za-z0-9/+%=]{20,})"
    ),
    _shape("url-password", "://", r"://[^\s/:@'\"]{0,100}:(?P<secret>[^\s/@'\"]{3,200})@"),
    _shape("authorization", "bearer basic authorization", r"(?i:bearer|basic)\s+(?P<secret>[A-Za-z0-9._~+/=-]{12,})"),
    _shape(
        "authorization", "authorization", r"(?i:authorization)['\"]?\s*[:=]\s*['\"]?(?:\w+\s+)?(?P<secret>[^\s'\"]{8,})"
    ),
    _shape(
        "password",
        "passw pwd secret passphrase",
        rf"(?i:passw(?:or)?d|pwd|secret|passphrase)[\w-]*['\"]?\s*(?:=>|[:=])\s*['\"]?(?P<secret>{_VALUE}{{5,}})",
    ),
    _shape(
        "key",
        "token key credential",
        r"(?i:token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|signing[_-]?key|credentials?)['\"]?\s*(?:=>|[:=])\s*"
        rf"['\"]?(?P<secret>(?=[^\s'\"]{{0,200}}\d){_VALUE}{{8,}})",
    ),
    _shape(
        "base64-block",
        "",
        r"(?<![A-Za-z0-9+/=])(?=[A-Za-z0-9+/]{64})(?![0-9a-f]{64})(?=[A-Za-z+/]{0,63}\d)"
        r"[A-Za-z0-9+/]{64,4096}(?![A-Za-z0-9+/.:-])",
    ),
)

_SIGNS = re.compile("|".join(re.escape(sign) for shape in SHAPES for sign in shape.signs))


class Redactor:
    """Replaces secrets by placeholders that stay the same for the same secret, `<redacted:github-token:1>`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Know these exact values, and what they look like in base64 and in a URL."""
        self._values: list[str] = []
        self._numbers: dict[str, dict[str, int]] = {}
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Know more exact values; those too short to be secrets are ignored."""
        self._values = sorted({*self._values, *(form for secret in secrets for form in _forms(secret))}, key=len)[::-1]

    def holds(self, text: str) -> bool:
        """Whether the text holds one of the exact values, in any form we know."""
        return any(value in text for value in self._values)

    def redact(self, text: str) -> str:
        """The text without secrets: exact values first, then everything that looks like one."""
        for value in self._values:
            if value in text:
                text = text.replace(value, self._placeholder("value", value))
        low = text.lower()
        suspicious = _SIGNS.search(low)
        for shape in SHAPES:
            if any(sign in low for sign in shape.signs) if shape.signs and suspicious else not shape.signs:
                text = shape.pattern.sub(lambda match, label=shape.label: self._replaced(label, match), text)  # type: ignore[misc]
        return text

    def _replaced(self, label: str, match: re.Match[str]) -> str:
        secret = match.groupdict().get("secret") or match[0]
        if _is_placeholder(secret):
            return match[0]
        return match[0].replace(secret, self._placeholder(label, secret))

    def _placeholder(self, label: str, secret: str) -> str:
        known = self._numbers.setdefault(label, {})
        return f"<redacted:{label}:{known.setdefault(secret, len(known) + 1)}>"


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these exact values and without anything that looks like a secret."""
    return Redactor(secrets).redact(text)


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables whose names speak of secrets."""
    named = (value.strip() for name, value in environment.items() if _SECRET_NAME.search(name))
    return tuple(
        value for value in named if len(value) >= _SHORTEST and value.lower() not in _HARMLESS and not _is_path(value)
    )


def masked_values(text: str) -> Iterator[str]:
    """What a job asked its CI system to hide: the values of `::add-mask::`."""
    for match in re.finditer(r"::add-mask::(\S[^\n]*)", text):
        if set(match[1]) != {"*"}:
            yield match[1].strip()


def _forms(secret: str) -> Iterator[str]:
    """A value, its lines, and what encodings make of it."""
    for part in (secret, *secret.splitlines()):
        stripped = part.strip()
        if len(stripped) >= _SHORTEST:
            yield stripped
            yield quote(stripped, safe="")
            encoded = base64.b64encode(stripped.encode(errors="replace")).decode()
            yield encoded.rstrip("=")[:-1]


def _is_path(value: str) -> bool:
    return value.startswith(("/", "./", "~/")) and " " not in value


def _is_placeholder(value: str) -> bool:
    return (
        set(value) <= {"*", "x", "X", ".", "-"}
        or value.startswith(("<redacted", "redacted:", "$", "%", "***"))
        or value.lower().rstrip(".") in _HARMLESS
    )
