#!/usr/bin/env bash
# Lets the strongest sandbox hold where a stock runner forbids it, and says which one holds. Outputs `tier`.
# Only hosted runners are changed: they are thrown away afterwards, and a machine of yours is not.
set -euo pipefail
python=$1
fresh=()
if [[ ${RUNNER_ENVIRONMENT:-} == github-hosted && ${RUNNER_OS:-} == Linux ]]; then
  for setting in kernel.apparmor_restrict_unprivileged_userns=0 kernel.unprivileged_userns_clone=1; do
    now=$(sysctl -n "${setting%=*}" 2>/dev/null) || continue
    if [[ $now == "${setting#*=}" ]]; then continue; fi
    if sudo -n sysctl -q -w "$setting"; then
      fresh=(--fresh)
    else
      echo "::notice title=dspy-ci::$setting could not be set; a weaker sandbox serves"
    fi
  done
fi
report=$("$python" -I -m dspy_ci doctor ${fresh[@]+"${fresh[@]}"}) || true # it also judges the project, which is not asked here
tier=$(sed -n 's/^  ok  tier \([A-E]\):.*/\1/p' <<< "$report" | head -n 1)
echo "tier=${tier:-none}" >> "$GITHUB_OUTPUT"
echo "sandbox tier ${tier:-none}"
sed -n '/^Sandbox/,/^Powers/{/tier [A-E]:/p;/try: /p}' <<< "$report"
