"""Brings the parts of docs/github.md and README.md that repeat other files up to date; a test holds them together."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "github.md")
FROM = re.compile(
    r"(<!-- from (?P<path>\S+): (?P<job>[\w-]+)(?P<last>, last step)? -->\n```yaml\n).*?(?P<end>```)", re.DOTALL
)
TABLE = re.compile(r"(<!-- (?P<kind>inputs|outputs) of action\.yml -->\n(?:\|.*\n){2})(?:\|.*\n)*")


def current(text: str) -> str:
    """The page with its repeated parts as the files have them."""
    text = FROM.sub(lambda found: found[1] + snippet(found) + found["end"], text)
    return TABLE.sub(lambda found: found[1] + table(found["kind"]), text)


def snippet(found: re.Match) -> str:
    """The job that a mark names, or the last step of it."""
    text = job(ROOT / found["path"], found["job"])
    return text[text.rindex("      - ") :] if found["last"] else text


def job(path: Path, name: str) -> str:
    """One job of a workflow, word for word, with its indentation taken off by one step."""
    lines = path.read_text(encoding="utf-8").split("jobs:\n", 1)[1].splitlines()
    start = lines.index(f"  {name}:")
    end = next((at for at in range(start + 1, len(lines)) if re.match(r"  \S", lines[at])), len(lines))
    return "jobs:\n" + "\n".join(lines[start:end]).rstrip() + "\n"


def table(kind: str) -> str:
    """Inputs or outputs of the front door as rows."""
    declared = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))[kind]
    rows = []
    for name, about in declared.items():
        default = [f"`{about['default']}`" if about.get("default") else ""] if kind == "inputs" else []
        rows.append(f"| {' | '.join([f'`{name}`', *default, ' '.join(about['description'].split())])} |\n")
    return "".join(rows)


def main() -> None:
    """Write the pages."""
    for page in PAGES:
        page.write_text(current(page.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
