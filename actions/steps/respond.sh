#!/usr/bin/env bash
# Answers the comment of the event. Words: options of the verb.
set -euo pipefail
for name in DSPY_CI_PUSH_TOKEN DSPY_CI_MODEL; do
  if [[ -z ${!name:-} ]]; then unset "$name"; fi # an empty input was not given
done
source "$(dirname "${BASH_SOURCE[0]}")/muted.sh"
muted "$PYTHON" -I -m dspy_ci respond "$@"
