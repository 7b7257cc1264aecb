# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# latency: how long answers took, from INT to RTS and on the bus, by way and by rule. The bridge words it.

LATENCY_SECONDS=1

command_latency() {
  latency_left=1
  case "$#:$*" in
    '0:') ;;
    '1:--json' | '1:--reset') ;;
    '1:--watch') latency_left=-1 ;;
    '3:--watch -n '*)
      case "$3" in
        '' | *[!0-9]* | 0*) bad_usage "latency --watch -n takes a number of screens, got '$3'" ;;
      esac
      latency_left=$3
      ;;
    *) bad_usage "latency takes '--json', '--reset' or '--watch [-n COUNT]', got '$*'" ;;
  esac
  if [ -z "$(cell_state)" ]; then
    warn "there is no cell '$CELL'." '' 'canwarden up'
    exit "$EXIT_NOT_RUNNING"
  fi
  case "${1:-}" in
    --reset) need_root latency ;;
  esac
  need_bridge latency
  case "${1:-}" in
    --watch) latency_watch ;;
    *) ask_bridge latency "$@" ;;
  esac
}

# Until Ctrl+C, or until all screens that were wanted are shown.
latency_watch() {
  while :; do
    latency_text=$(ask_bridge latency) || return
    if [ -t 1 ]; then
      screen_size=$(stty size 2>/dev/null)
      printf '%s\n' "$latency_text" | renew_screen
    else
      printf '%s\n' "$latency_text"
    fi
    latency_left=$((latency_left - 1))
    [ "$latency_left" -ne 0 ] || return 0
    sleep "$LATENCY_SECONDS" || return
  done
}
