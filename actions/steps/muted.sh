# For scripts to source: `muted COMMAND...` runs it so that no line of what it says is an order to the runner.
# Both streams go out as one, as the runner reads two without an order between them; the word that ends the silence
# is made anew each time, and what runs does not know it.
muted() {
  local word status=0
  word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$word"
  "$@" 2>&1 || status=$?
  echo
  echo "::$word::"
  return "$status"
}
