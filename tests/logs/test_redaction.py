from __future__ import annotations

import random
import runpy
from pathlib import Path

import pytest

from dspy_ci.logs.redaction import Redactor, masked_values, redact, secret_values

fuzz = runpy.run_path(str(Path(__file__).with_name("fuzzing.py")))
FAKE = "A1b2C3d4" * 8


@pytest.mark.parametrize(
    "secret",
    [
        f"ghp_{FAKE[:36]}",
        f"ghs_{FAKE[:36]}",
        f"github_pat_{FAKE[:22]}_{FAKE[:59]}",
        f"glpat-{FAKE[:20]}",
        "AKIAIOSFODNN7ABCDEFG",
        f"xoxb-123456789012-{FAKE[:24]}",
        f"sk-ant-api03-{FAKE}",
        f"sk-proj-{FAKE}",
        f"AIzaSy{FAKE[:33]}",
        f"eyJ{FAKE[:20]}.eyJ{FAKE[:30]}.{FAKE[:43]}",
        f"pypi-AgEI{FAKE}",
        f"npm_{FAKE[:36]}",
        f"hf_{FAKE[:34]}",
        f"sk_live_{FAKE[:24]}",
    ],
)
@pytest.mark.parametrize("around", ["{}", "x={}", "'{}'", "https://host/{}/path", "word{}", "a {} b"])
def test_a_token_is_known_by_its_shape(secret, around):
    assert secret not in redact(around.format(secret))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgres://app:hunter22@db:5432/x", "postgres://app:<redacted:url-password:1>@db:5432/x"),
        ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer <redacted:authorization:1>"),
        ("DB_PASSWORD=correct-horse", "DB_PASSWORD=<redacted:password:1>"),
        ('"api_key": "a1b2c3d4e5"', '"api_key": "<redacted:key:1>"'),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzKEYA",
            "aws_secret_access_key = <redacted:aws-secret:1>",
        ),
    ],
)
def test_a_secret_is_known_by_what_stands_before_it(text, clean):
    assert redact(text) == clean


def test_a_private_key_goes_to_its_end_or_to_the_end_of_the_text():
    body = "\n".join([FAKE] * 4)
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    assert redact(f"a\n{key}\nb") == "a\n<redacted:private-key:1>\nb"
    assert FAKE not in redact(key[:200])


@pytest.mark.parametrize(
    "text",
    [
        "SyntaxError: Unexpected token: identifier",
        "tests/test_tokens.py::test_secret_is_kept FAILED",
        "sha256:" + "0123456789abcdef" * 4,
        "password: ***",
        "TOKEN=$GITHUB_TOKEN",
        "token: ${{ secrets.X }}",
        "E   assert token.kind == 'name'",
        "src/pkg/module.py:12:5: F401 `os` imported but unused",
        "No module named 'secrets_manager'",
    ],
)
def test_evidence_is_no_secret(text):
    assert redact(text) == text


def test_exact_values_go_in_every_disguise():
    value = "tr0ub4dor&3 staple"
    text = f"{value} dHIwdWI0ZG9yJjMgc3RhcGxl tr0ub4dor%263%20staple"
    clean = redact(text, [value])
    assert "tr0ub4dor" not in clean
    assert "dHIwdWI0ZG9yJjMgc3RhcGx" not in clean


def test_the_same_secret_keeps_its_placeholder():
    redactor = Redactor()
    first, second = f"ghp_{FAKE[:36]}", f"ghp_{FAKE[2:38]}"
    assert redactor.redact(f"{first} {second} {first}") == (
        "<redacted:github-token:1> <redacted:github-token:2> <redacted:github-token:1>"
    )
    assert redactor.redact(second) == "<redacted:github-token:2>"


def test_values_are_taken_from_variables_that_speak_of_secrets():
    environment = {
        "GITHUB_TOKEN": "abc123def",
        "DB_PASSWORD": "hunter22",
        "PATH": "/usr/bin",
        "SSH_AUTH_SOCK": "/tmp/agent",
        "CI": "true",
        "X_TOKEN": "true",
        "SHORT_KEY": "abc",
    }
    assert set(secret_values(environment)) == {"abc123def", "hunter22"}


def test_a_log_can_ask_to_hide_a_value():
    assert list(masked_values("::add-mask::s3cret value\nx\n::add-mask::***\n")) == ["s3cret value"]


@pytest.mark.parametrize("seed", range(60))
def test_the_cheap_test_before_a_pattern_misses_none(seed):
    rng = random.Random(seed)
    secret = fuzz["planted"](rng)
    assert secret not in redact(f"before {secret} after")
