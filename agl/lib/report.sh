# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# status, trace, recorder and live: state of cell, link and bridge, and live values. doctor.sh judges the state.

# row NAME TEXT
row() { printf '%-16s %s\n' "$1" "$2"; }

command_status() {
  case "$#:${1:-}" in
    0:) ;;
    1:--json)
      if [ -z "$(cell_state)" ]; then
        warn "there is no cell '$CELL'." '' 'canwarden up'
        exit "$EXIT_NOT_RUNNING"
      fi
      need_bridge status
      ask_bridge status --json
      return
      ;;
    *) bad_usage "status takes '--json' or nothing, got '$*'" ;;
  esac
  status_state=$(cell_state)
  if [ -n "$status_state" ]; then
    row "cell $CELL" "$status_state, CPU $(first_line "$(cell_folder)/cpus_assigned_list")"
  elif jailhouse_enabled; then
    row "cell $CELL" 'not created'
  else
    row "cell $CELL" 'not there: Jailhouse is not enabled'
  fi
  row 'shared memory' "$(describe_link)"
  row 'bridge' "$(describe_bridge)"
  row "interface $(interface)" "$(describe_interface)"
  # Without a cell the page is left from the last one.
  if [ -n "$status_state" ]; then
    row 'start' "$(cell_lines | tail -n 1)"
    if bridge_serves; then
      ask_bridge status
    else
      row 'since then' 'told by the bridge only, from the status page'
    fi
  fi
  case "$status_state" in
    running | running/locked) ;;
    *) exit "$EXIT_NOT_RUNNING" ;;
  esac
}

describe_link() {
  describe_device=$(link_device)
  if [ -z "$describe_device" ]; then
    say 'no device'
  elif [ "$(running_role)" = device ]; then
    say "$(describe_can_link)"
  elif [ -n "$(link_node "$describe_device")" ]; then
    say "/dev/$(link_node "$describe_device") (${describe_device##*/}, $(link_driver "$describe_device"))"
  else
    say "${describe_device##*/}, not bound to uio_ivshmem"
  fi
}

# In the role device Linux's own drivers have the link.
describe_can_link() {
  if [ -z "$(link_driver "$describe_device")" ]; then
    say "${describe_device##*/}, role device, bound to no driver"
  elif can_is_stale; then
    say "${describe_device##*/}, role device, $(link_driver "$describe_device"): the cell was started again, bind it anew"
  else
    say "${describe_device##*/}, role device, $(link_driver "$describe_device")"
  fi
}

describe_bridge() {
  if ! bridge_runs; then
    say 'not running'
  elif bridge_serves; then
    say "running, answers at $BRIDGE_SOCKET"
  else
    say 'running, without a socket for questions'
  fi
}

describe_interface() {
  if [ ! -d "$root/sys/class/net/$(interface)" ]; then
    say 'not there'
  elif interface_up "$(interface)"; then
    say 'up'
  else
    say 'down'
  fi
}

# ask_bridge WORDS...: asks by the bridge's own client, so the board needs no tool for Unix sockets. The client
# prints the reason of a failure, and its exit status is passed on.
ask_bridge() { "$BRIDGE" --ask "$@"; }

# need_bridge WHAT: ends with the reason if no bridge serves.
need_bridge() {
  bridge_serves && return 0
  if [ ! -x "$BRIDGE" ]; then
    fail "'$1' comes from the bridge, and $BRIDGE is not installed." '' \
      'npm run deploy, or the Yocto layer (docs/agl.md)'
  elif ! bridge_runs; then
    fail "'$1' comes from the bridge, and canwarden-bridge does not run." '' \
      "systemctl start canwarden-bridge; the cell keeps what it notes, 'jailhouse console' shows its start"
  fi
  fail "'$1' comes from the bridge, which runs, but has no socket at $BRIDGE_SOCKET." \
    'this version of the bridge does not serve it.' \
    "'jailhouse console' shows the cell's start; console=on in its options shows all (docs/settings.md)"
}

command_trace() {
  case "$#:${1:-}" in
    0: | 1:-f) ;;
    *) bad_usage "trace takes '-f' or nothing, got '$*'" ;;
  esac
  need_root trace
  need_bridge trace
  ask_bridge trace "$@"
}

command_recorder() {
  [ "$#:${1:-}" = 1:dump ] || bad_usage "recorder takes 'dump', got '$*'"
  need_root recorder
  need_bridge recorder
  ask_bridge recorder dump
}

command_live() {
  [ "$#" -ge 2 ] || bad_usage "live takes the number of the first value and at least one byte"
  case "$1" in
    [0-9] | [1-5][0-9] | 6[0-3]) ;;
    *) bad_usage "live values are numbered 0 to 63, got '$1'" ;;
  esac
  [ "$#" -le $((65 - $1)) ] || bad_usage "there are 64 live values, $(($# - 1)) from $1 on are too many"
  live_first=$1
  shift
  for live_byte in "$@"; do
    case "${live_byte#0x}" in
      [0-9A-Fa-f] | [0-9A-Fa-f][0-9A-Fa-f]) ;;
      *) bad_usage "'$live_byte' is no byte in hexadecimal" ;;
    esac
  done
  need_root live
  need_bridge live
  ask_bridge live "$live_first" "$@"
}
