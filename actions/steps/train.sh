#!/usr/bin/env bash
# Trains, and lays the files that were promoted where the next job can take them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/muted.sh"
promoted=${RUNNER_TEMP:?}/dspy-ci-promoted
mkdir -p "$promoted"
unset GITHUB_TOKEN GH_TOKEN
for name in DSPY_CI_TEST_CMD DSPY_CI_MODEL; do # an empty input was not given
  if [[ -z ${!name:-} ]]; then unset "$name"; fi
done
learnt() { "$PYTHON" -I -m dspy_ci train --auto --budget "$BUDGET" | tee "$RUNNER_TEMP/dspy-ci-train.txt"; }
status=0
muted learnt || status=$?
if ((status > 1)); then exit "$status"; fi
count=0
while IFS= read -r -d '' entry; do # what git calls changed or new; the folder's name is hidden, artifacts are not
  if [[ ${entry:1:1} == D ]]; then continue; fi # gone
  file=${entry:3}
  mkdir -p "$promoted/$(dirname "${file#.dspy-ci/}")"
  cp -- "$file" "$promoted/${file#.dspy-ci/}"
  count=$((count + 1))
done < <(git status --porcelain -z --untracked-files=all --no-renames -- .dspy-ci)
echo "promoted=$count" >> "$GITHUB_OUTPUT"
{
  echo '## dspy-ci: training'
  echo
  head -c 100000 "$RUNNER_TEMP/dspy-ci-train.txt" | sed 's/^/    /' # indented: nothing in it is markdown
} >> "$GITHUB_STEP_SUMMARY"
