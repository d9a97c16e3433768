"""Imports of foreign packages that the project declares nowhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.interfaces import Import
from dspy_ci.failures.failure import Failure, Hint

_DECLARING = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|tox\.ini|noxfile\.py|Pipfile|environment[\w-]*\.ya?ml|"
    r"[\w.-]*requirements[\w.-]*\.(?:txt|in)|requirements/[\w.-]+\.(?:txt|in)|constraints[\w.-]*\.txt)$"
)
_ALWAYS = frozenset(
    {"pip", "setuptools", "pkg_resources", "wheel", "_typeshed", "typing_extensions", "distutils", "imp"}
)
_KNOWN = {
    "yaml": "pyyaml", "PIL": "pillow", "cv2": "opencv", "sklearn": "scikitlearn", "skimage": "scikitimage", "bs4":
    "beautifulsoup4", "git": "gitpython", "attr": "attrs", "OpenSSL": "pyopenssl", "Crypto": "pycryptodome", "jwt":
    "pyjwt", "zmq": "pyzmq", "dateutil": "pythondateutil", "fitz": "pymupdf", "docx": "pythondocx", "magic":
    "pythonmagic", "serial": "pyserial", "usb": "pyusb", "MySQLdb": "mysqlclient", "gi": "pygobject", "rest_framework":
    "djangorestframework", "mpl_toolkits": "matplotlib", "pylab": "matplotlib", "google": "google", "wx": "wxpython",
    "win32api": "pywin32", "win32con": "pywin32", "pythoncom": "pywin32", "faiss": "faiss", "socks": "pysocks",
    "ruamel": "ruamelyaml", "markdown_it": "markdownitpy", "flask_sqlalchemy": "flasksqlalchemy", "tlz": "toolz",
    "_pytest": "pytest", "py": "pytest", "pluggy": "pytest", "nacl": "pynacl", "Levenshtein": "levenshtein", "github":
    "pygithub", "gitlab": "pythongitlab", "jose": "pythonjose", "ldap": "pythonldap", "dns": "dnspython", "slugify":
    "pythonslugify", "multipart": "pythonmultipart", "dotenv": "pythondotenv", "umap": "umaplearn", "grpc": "grpcio",
    "haystack": "farmhaystack", "lxml_html_clean": "lxml", "Xlib": "pythonxlib", "speech_recognition":
    "speechrecognition", "kafka": "kafkapython", "telegram": "pythontelegrambot", "engineio": "pythonengineio",
}  # fmt: skip
"""Modules whose distribution has another name: what that name holds, without separators."""


def found(difference: Difference) -> Iterator[Failure]:
    """New imports that nothing declares, in a project that declares what it needs and did not just change that."""
    declaring = [path for path in difference.after.paths if _DECLARING.search(path)]
    if not declaring or any(_DECLARING.search(move.after or move.before or "") for move in difference.moves):
        return
    fresh = [(path, item) for path in difference.users for item in _fresh(difference, path)]
    if not fresh:
        return
    written = "\n".join(difference.after.text(path) or "" for path in declaring)
    if not re.search(r"dependencies|requires", written) and not any("requirements" in path for path in declaring):
        return
    declared = _squeezed(written)
    seen: set[str] = set()
    for path, item in fresh:
        top = item.module.partition(".")[0]
        if top in seen or _squeezed(_KNOWN.get(top, top)) in declared or _used_before(difference, top):
            continue
        seen.add(top)
        said = f"imports {top!r}, which no file of the project declares"
        hint = Hint("command", f"pip install {top}  # and add it to {declaring[0]}")
        yield Failure(
            "dspy-ci", "dependency", said, path, item.line, symbol=top, code="undeclared-import", fixable_hint=hint
        )


def _fresh(difference: Difference, path: str) -> Iterator[Import]:
    """Foreign modules that the file imports without foresight, and did not import before."""
    new, old = difference.interface("after", path), difference.interface("before", path)
    known = {item.module.partition(".")[0] for item in old.imports} if old else set()
    for item in new.imports if new else ():
        top = item.module.partition(".")[0]
        if item.level or item.guarded or top in known or top in sys.stdlib_module_names or top in _ALWAYS:
            continue
        if not difference.packages.holds(top) and not _on_disk(difference, path, top):
            yield item


def _on_disk(difference: Difference, path: str, top: str) -> bool:
    """Whether a file that is not in git may be meant: generated, or not added yet."""
    near = path.rpartition("/")[0]
    places = (f"{folder}{top}{end}" for folder in ("", "src/", f"{near}/") for end in (".py", "/__init__.py"))
    return any(difference.trees.lies_about(place) for place in places)


def _used_before(difference: Difference, top: str) -> bool:
    """Whether another file of the project imports it: then it is there, declared or not."""
    return any(
        item.module.partition(".")[0] == top
        for path in difference.trees.mentions({top})
        if (here := difference.interface("before", path))
        for item in here.imports
    )


def _squeezed(text: str) -> str:
    """Letters and digits alone: distributions are written in many ways."""
    return re.sub(r"[^a-z0-9\n]", "", text.lower())
