# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# top: the state of the cell every second, in place: rates, bus load, times, health, rules, counters.
#
# It asks the bridge for its JSON, as `status --json` does, and needs awk. Keys need stty and dd; without them
# Ctrl+C ends it. Not on a terminal it prints plain screens.

TOP_SECONDS=1

command_top() {
  top_left=
  case "$#:${1:-}" in
    0:) [ -t 1 ] || top_left=1 ;;
    2:-n)
      case "$2" in
        '' | *[!0-9]* | 0*) bad_usage "top -n takes a number of screens, got '$2'" ;;
      esac
      top_left=$2
      ;;
    *) bad_usage "top takes '-n COUNT' or nothing, got '$*'" ;;
  esac
  if [ -z "$(cell_state)" ]; then
    warn "there is no cell '$CELL'." '' 'canwarden up'
    exit "$EXIT_NOT_RUNNING"
  fi
  need_bridge top
  top_terminal=
  if [ -t 0 ] && [ -t 1 ]; then
    top_terminal=$(stty -g 2>/dev/null)
    # A read then waits for a key, for a second at most.
    [ -z "$top_terminal" ] || stty -icanon -echo min 0 time "$((10 * TOP_SECONDS))"
    trap 'top_restore; exit 0' INT TERM HUP
    top_size || top_left=0
    printf '\033[2J'
  fi
  [ "$top_left" = 0 ] || top_loop
  top_status=$?
  top_restore
  return "$top_status"
}

top_restore() {
  [ -z "$top_terminal" ] || stty "$top_terminal"
  top_terminal=
}

# A serial line has no size: `stty size` says 0 0, busybox's nothing. The terminal at its end has one; its cursor is
# sent to the far corner, and it is asked where that is (ECMA-48: CPR). One that does not answer costs a second.
# False: q was pressed.
top_size() {
  case "$(stty size 2>/dev/null)" in
    '0 0' | '') printf '\0337\033[999;999H\033[6n\0338' ;;
    *) return 0 ;;
  esac
  top_answer=
  while :; do
    top_part=$(dd bs=32 count=1 2>/dev/null)
    top_answer=$top_answer$top_part
    case "$top_part" in
      q | Q) return 1 ;;
      '' | *R) break ;;
    esac
  done
  top_answer=${top_answer##*\[}
  top_answer=${top_answer%R}
  case "$top_answer" in
    *[!0-9\;]* | *\;*\;* | \;* | *\;) ;;
    *\;*) stty rows "${top_answer%;*}" cols "${top_answer#*;}" 2>/dev/null ;;
  esac
  return 0
}

# Until q, or until all screens that were wanted are shown. The first sample is only what the rates begin with.
top_loop() {
  top_before=''
  while :; do
    top_now=$(ask_bridge status --json) || return
    top_now=$(printf '@ %s\n%s' "$(top_uptime)" "$top_now")
    if [ -n "$top_before" ] || [ -n "$top_terminal" ]; then
      top_show
      if [ -n "$top_left" ]; then
        top_left=$((top_left - 1))
        [ "$top_left" -gt 0 ] || return 0
      fi
    fi
    top_before=$top_now
    top_wait || return 0
  done
}

top_show() {
  if [ -t 1 ]; then
    # Line by line over the screen before, so that a slow line does not flicker.
    screen_size=$(stty size 2>/dev/null)
    top_screen | renew_screen
  else
    top_screen
  fi
}

# Waits for the next screen. False: q was pressed.
top_wait() {
  if [ -z "$top_terminal" ]; then
    sleep "$TOP_SECONDS"
    return 0
  fi
  case "$(dd bs=1 count=1 2>/dev/null)" in
    q | Q) return 1 ;;
  esac
}

# Seconds since the board's start, with two decimals.
top_uptime() { first_line "$root/proc/uptime" | cut -d ' ' -f 1; }

top_screen() {
  printf '%s\n%s\n' "$top_before" "$top_now" | awk "$TOP_JSON$TOP_LAYOUT"
}

# Reads two samples, each a line `@ SECONDS` and a line of JSON, into was[path] and is[path].
# shellcheck disable=SC2016
TOP_JSON='
function put(text) {
  if (kind[depth] == "[") key = count[depth]++
  name = where[depth] key
  if (sample == 2) { is[name] = text; order[++names] = name } else was[name] = text
}
function open_at(bracket, base) {
  base = depth ? where[depth] (kind[depth] == "[" ? count[depth]++ : key) "." : ""
  where[++depth] = base; kind[depth] = bracket; count[depth] = 0
}
function read_json(line,   at, end, mark, text) {
  depth = 0; end = length(line)
  for (at = 1; at <= end; at++) {
    mark = substr(line, at, 1)
    if (mark == "{" || mark == "[") open_at(mark)
    else if (mark == "}" || mark == "]") depth--
    else if (mark == "\"") {
      text = ""
      for (at++; at <= end && (mark = substr(line, at, 1)) != "\""; at++) text = text mark
      if (substr(line, at + 1, 1) == ":") { key = text; at++ } else put(text)
    } else if (mark != "," && mark != " ") {
      text = mark
      while (at < end && index(",]}", substr(line, at + 1, 1)) == 0) text = text substr(line, ++at, 1)
      put(text)
    }
  }
}
/^@ / { time[++samples] = $2; next }
/^\{/ { sample = samples == 1 && NR < 3 ? 1 : 2; read_json($0) }
'

# shellcheck disable=SC2016
TOP_LAYOUT='
function per_second(name) {
  if (seconds <= 0 || !(name in is)) return 0
  # A counter of 32 bits wraps.
  change = is[name] - was[name]
  return (change < 0 ? change + 4294967296 : change) / seconds
}
function rate(label, name) {
  printf "  %-14s %9.0f/s  %11.0f in all\n", label, per_second("counters." name), is["counters." name]
}
function times(label, name) {
  name = "answers." name
  printf "  %-14s %9.0f %9.1f %9.1f %9.1f %9.1f\n", label, is[name ".count"], is[name ".min_microseconds"], \
    is[name ".p50_microseconds"], is[name ".p99_microseconds"], is[name ".max_microseconds"]
}
END {
  seconds = samples > 1 ? time[2] - time[1] : 0
  printf "canwarden %s  %s, bus %s (TEC %s, REC %s), session %s\n", is["firmware"], \
    is["alive"] == "true" ? "alive, " is["heartbeat_age_milliseconds"] " ms ago" : "SILENT", \
    is["bus_state"], is["transmit_error_count"], is["receive_error_count"], is["session"]
  # 8 bytes, and stuff bits as they are on average; the page has no lengths.
  frames = per_second("counters.received") + per_second("counters.transmitted")
  bits = is["bitrate_bits_per_second"]
  printf "%s bit/s, load about %.0f %% if all frames had 8 bytes; filters hide what nobody wants\n\n", \
    bits, (bits > 0 ? 100 * frames * 125 / bits : 0)
  print "frames"
  rate("from the bus", "received"); rate("onto the bus", "transmitted")
  rate("answers", "answers_sent"); rate("to AGL", "forwarded"); rate("from AGL", "from_agl_taken")
  printf "\n%-16s %9s %9s %9s %9s %9s\n", "times (us)", "count", "min", "median", "99 %", "max"
  times("static", "static"); times("computed", "computed"); times("step", "steps")
  printf "  longest step %s us, bound %s us; restarts %s; last status %s\n", is["longest_step_microseconds"], \
    is["step_bound_microseconds"], is["trap.restarts"], is["last_status"]
  printf "\nrules: %s (%s, %s)\n", is["rules.count"], is["rules.source"], is["rules.checksum"]
  for (number = 1; number <= names; number++) {
    name = order[number]
    if (index(name, "rules.hits.") != 1) continue
    printf "  %-24s %9.0f/s  %11.0f in all\n", substr(name, 12), per_second(name), is[name]
  }
  print "\nlosses and drops"
  for (number = 1; number <= names; number++) {
    name = order[number]
    if (name !~ /^counters\..*(drop|overflow|refused|timed_out|withdrawn|bus_off|limited|broken|resets|timeouts)/) continue
    printf "  %-32s %9.0f/s  %11.0f in all\n", substr(name, 10), per_second(name), is[name]
    any = 1
  }
  if (!any) print "  none"
}
'
