#!/usr/bin/env bash
# Runs a verb that answers in JSON and tells the answer where a job is read: outputs, summary, annotations, files.
set -euo pipefail
made=${RUNNER_TEMP:?}/dspy-ci-$1
mkdir -p "$made"
unset GITHUB_TOKEN GH_TOKEN DSPY_CI_GITHUB_TOKEN
if [[ -z ${DSPY_CI_TEST_CMD:-} ]]; then unset DSPY_CI_TEST_CMD; fi
status=0
"$PYTHON" -I -m dspy_ci "$1" --format json "${@:2}" > "$made/record.json" || status=$?
if ((status > 1)); then exit "$status"; fi
exec "$PYTHON" -I "$(dirname "${BASH_SOURCE[0]}")/tell.py" "$made"
