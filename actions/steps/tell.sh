#!/usr/bin/env bash
# Runs a verb that answers in JSON and tells the answer where a job is read: outputs, summary, annotations, files.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/muted.sh"
made=${RUNNER_TEMP:?}/dspy-ci-$1
mkdir -p "$made"
unset GITHUB_TOKEN GH_TOKEN DSPY_CI_GITHUB_TOKEN
if [[ -z ${DSPY_CI_TEST_CMD:-} ]]; then unset DSPY_CI_TEST_CMD; fi
answered() { "$PYTHON" -I -m dspy_ci "$1" --format json "${@:2}" 2>&1 > "$made/record.json"; }
status=0
muted answered "$@" || status=$?
if ((status > 1)); then exit "$status"; fi
exec "$PYTHON" -I "$(dirname "${BASH_SOURCE[0]}")/tell.py" "$made"
