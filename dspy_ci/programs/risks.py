"""Which commands a person should look at twice before running them: they destroy, publish, or run what nobody read."""

from __future__ import annotations

import re

_TABLE = (
    (r"\brm\s+(?:\S+\s+)*-\w*[rf]", "deletes files for good"),
    (r"\b(?:shred|wipefs|mkfs\S*|fdisk|parted)\b|\bdd\s.*\bof=", "overwrites disks or files"),
    (r"\bfind\b.*\s-(?:delete|exec)\b|\bxargs\b.*\brm\b", "deletes or runs something for every file it finds"),
    (
        (
            r"\bgit\s+(?:\S+\s+)*?(?:reset\s+--hard|clean\s+-\w*[fdx]|checkout\s+(?:--\s|\.)"
            r"|restore\s|stash\s+(?:drop|clear))"
        ),
        "throws away work that is not committed",
    ),
    (r"\bgit\s+push\b.*(?:\s-f\b|--force|--mirror|--delete|\s:)", "rewrites or deletes what others have"),
    (r"\bgit\s+(?:filter-\w+|rebase|reflog\s+expire|gc\s+.*--prune|update-ref\s+-d|branch\s+-D)", "rewrites history"),
    (r"--no-verify\b|\bSKIP=|--force-yes\b", "skips checks"),
    (
        r"(?:\bcurl\b|\bwget\b|\bbase64\b|\biwr\b)[^|;&]*\|\s*(?:sudo\s+)?(?:\w*sh|python\S*|perl|ruby|node|iex)\b",
        "runs a program that nobody has read",
    ),
    (
        r"\b(?:pip|pip3|uv\s+pip|npm|pnpm|yarn|cargo|go)\s+(?:install|add|i|get)\b.*(?:https?://|git\+|\bssh://)",
        "installs a program from an address",
    ),
    (r"(?:^|[;&|]\s*)(?:sudo|doas|su)\b", "runs with the powers of the administrator"),
    (r"\bchmod\s+(?:-R\s+)?(?:0?777|a\+w|\+s|u\+s)|\bchown\s+-R", "opens files to everybody"),
    (
        (
            r"\b(?:npm|yarn|pnpm|cargo|poetry|uv|flit|hatch)\s+publish\b"
            r"|\btwine\s+upload\b|\bdocker\s+push\b|\bgem\s+push\b"
        ),
        "publishes something",
    ),
    (
        (
            r"\b(?:terraform|tofu|pulumi)\s+(?:apply|destroy|up)\b"
            r"|\bkubectl\s+(?:delete|apply|drain)\b|\bhelm\s+(?:delete|uninstall)\b"
        ),
        "changes running systems",
    ),
    (
        r"\bdocker\s+(?:system|volume|image)\s+prune\b|\bdocker\s+(?:rm|rmi)\b|compose\s+down\s+.*-v",
        "removes containers or data",
    ),
    (r"(?i)\b(?:drop|truncate)\s+(?:table|database|schema)\b|\bdelete\s+from\b", "deletes data"),
    (r"\b(?:shutdown|reboot|halt|poweroff)\b|\bkill(?:all)?\s+(?:-9|-KILL)|\bpkill\b", "stops machines or processes"),
    (r":\(\)\s*\{", "starts itself without end"),
    (r">\s*/(?:dev/[sh]d|etc/)|>\s*~?/\.(?:bash|ssh|zsh|profile)", "overwrites files of the system or of your account"),
    (r"\bcrontab\b|\bsystemctl\s+(?:stop|disable|mask|enable)\b|\biptables\b", "changes this machine"),
    (r"(?:^|[;&|]\s*)(?:printenv|env)\s*(?:$|[|;&>])|\bset\s*\|\s*(?:curl|nc)\b|/proc/\S+/environ", "shows secrets"),
    (
        (
            r"\b(?:nc|ncat|netcat|socat)\b|/dev/tcp/"
            r"|\bcurl\b.*(?:\s-d\b|--data|\s-F\b|\s-T\b|--upload)|\bscp\b|\brsync\b.*\w:"
        ),
        "sends something to another machine",
    ),
    (
        r"\beval\b|\bpython\S*\s+-c\b|\b(?:ba|z|da)?sh\s+-c\b|\bperl\s+-e\b|\bnode\s+-e\b",
        "runs code from its own words",
    ),
    (r"`|\$\(|<\(", "runs another command inside itself"),
)
_RULES = tuple((re.compile(pattern), why) for pattern, why in _TABLE)


def risk(command: str) -> str | None:
    """Why a command is risky, in a few words; None when nothing speaks against it."""
    return next((why for pattern, why in _RULES if pattern.search(command)), None)
