#!/usr/bin/env bash
# One role, or all three: reader (logs to facts), solver (facts to bundle, no token), publisher (bundle to the pull request).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/muted.sh"
made=${RUNNER_TEMP:?}/dspy-ci-made
mkdir -p "$made"
unset GITHUB_TOKEN GH_TOKEN # one token, the one of the input, and only where the mode wants it
for name in DSPY_CI_GITHUB_TOKEN DSPY_CI_RUN_ID DSPY_CI_TEST_CMD DSPY_CI_MODEL DSPY_CI_MAX_PATCHES; do
  if [[ -z ${!name:-} ]]; then unset "$name"; fi # an empty input was not given
done
rehearse=()
if [[ -n $DRY_RUN && $DRY_RUN != false ]]; then rehearse=(--dry-run); fi # in doubt nothing is posted

said=muted # what a role says of logs and tests; only the publisher makes annotations, and mutes the rest by itself
case $MODE in
  read) role=(read --out "$made/facts.json") ;;
  solve) role=(solve --facts "$HANDED/facts.json" --out "$made/bundle.json" --budget "$BUDGET") ;;
  publish) said=aloud role=(publish --bundle "$HANDED/bundle.json" ${rehearse[@]+"${rehearse[@]}"}) ;;
  fix) said=aloud role=(--out "$made" --budget "$BUDGET" ${rehearse[@]+"${rehearse[@]}"}) ;;
  *)
    echo "::error title=dspy-ci::mode is fix, read, solve or publish"
    exit 2
    ;;
esac
aloud() { "$@" 2>&1; } # in the order in which it was said
$said "$PYTHON" -I -m dspy_ci action "${role[@]}"
