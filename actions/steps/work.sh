#!/usr/bin/env bash
# One role, or all three: reader (logs to facts), solver (facts to bundle, no token), publisher (bundle to the pull request).
set -euo pipefail
made=${RUNNER_TEMP:?}/dspy-ci-made
mkdir -p "$made"
unset GITHUB_TOKEN GH_TOKEN # one token, the one of the input, and only where the mode wants it
if [[ -n ${DSPY_CI_GITHUB_TOKEN:-} ]]; then export GITHUB_TOKEN=$DSPY_CI_GITHUB_TOKEN; fi
unset DSPY_CI_GITHUB_TOKEN

case $DSPY_CI_MODE in
  read) role=(read --out "$made/facts.json") ;;
  solve) role=(solve --facts "$HANDED/facts.json" --out "$made/bundle.json") ;;
  publish) role=(publish --bundle "$HANDED/bundle.json") ;;
  fix | explain) role=() ;;
  *)
    echo "::error title=dspy-ci::mode is fix, explain, read, solve or publish"
    exit 2
    ;;
esac
exec "$PYTHON" -I -m dspy_ci action "${role[@]}"
