#!/usr/bin/env bash
# Installs dspy-ci from the action's own files into a folder of its own; what the workspace holds is never imported.
# Words: the extras that this role needs. Output: `python`, the interpreter that has dspy-ci.
set -euo pipefail
extras=${1:-}
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=${RUNNER_TEMP:?}/dspy-ci${extras:+-$extras}
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
cd "$source"

new_enough() {
  "$1" -I -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

if [[ ! -x $home/bin/python ]]; then
  python=
  while read -r found; do # every one on the path: the first may be the old one that the project tests with
    if new_enough "$found"; then python=$found && break; fi
  done < <(type -aP python3 python python3.14 python3.13 python3.12 python3.11 python3.10)
  if [[ -z $python ]]; then
    echo "::error title=dspy-ci::dspy-ci needs Python 3.10 or newer with venv; put actions/setup-python before it"
    exit 4
  fi
  "$python" -I -m venv "$home.new"
  if ! "$home.new/bin/python" -I -m pip install --quiet --disable-pip-version-check "$source${extras:+[$extras]}"; then
    echo "::error title=dspy-ci::dspy-ci could not be installed; what pip said stands above"
    exit 4
  fi
  mv "$home.new" "$home"
fi
echo "python=$home/bin/python" >> "$GITHUB_OUTPUT"
