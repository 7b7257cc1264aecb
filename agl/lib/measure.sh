# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# measure: the constants that the twin's model assumes, measured on this board by the image of the self test.
#
# Writes a file for `npm run twin -- --model FILE` and `npm run bench -- --model FILE`. Values of the cell are
# picoseconds.

MODEL_SHIPPED="$lib/board-model.json"
PROMISES="$lib/promises.txt"
MEASURE_SECONDS=20
# With --load: so many more looks, so many seconds apart, make a minute.
LOAD_LOOKS=10
LOAD_PAUSE=5
LOAD_PIDS=''
LOAD_COUNTS=''

# begin_load: keeps the memory of Linux and its cores busy, and interrupts them: copies, pairs of processes that wake
# each other at each byte (interrupts between cores), packets and new processes. Each ends soon after the helper has,
# however that ends.
begin_load() {
  LOAD_COUNTS=$(load_counts)
  for load_core in "$root"/sys/devices/system/cpu/cpu[0-9]*; do
    if [ ! -d "$load_core" ] || [ "${load_core##*/cpu}" = "$CELL_CPU" ]; then continue; fi
    while helper_lives; do dd if=/dev/zero of=/dev/null bs=4M count=100; done >/dev/null 2>&1 &
    LOAD_PIDS="$LOAD_PIDS $!"
    while helper_lives; do dd if=/dev/zero bs=1 count=20000 | dd of=/dev/null bs=1; done >/dev/null 2>&1 &
    LOAD_PIDS="$LOAD_PIDS $!"
    while helper_lives; do ping -c 1 127.0.0.1 || cat /dev/null; done >/dev/null 2>&1 &
    LOAD_PIDS="$LOAD_PIDS $!"
  done
  if [ -n "$LOAD_PIDS" ]; then
    say "load on Linux's cores: memory and interrupts, processes$LOAD_PIDS"
  else
    say "load on Linux's cores: none, as no core but the cell's is shown (the twin has none)"
  fi
}

helper_lives() { kill -0 $$ 2>/dev/null; }

end_load() {
  [ -n "$LOAD_PIDS" ] || return 0
  # Each is one process of ours; what it has started ends by itself.
  # shellcheck disable=SC2086
  kill $LOAD_PIDS 2>/dev/null
  # shellcheck disable=SC2086
  wait $LOAD_PIDS 2>/dev/null
  LOAD_PIDS=''
  printf '%s %s\n' "$LOAD_COUNTS" "$(load_counts)" | awk 'NF == 4 {
    printf "load: %d interrupts and %d softirqs of Linux meanwhile\n", $3 - $1, $4 - $2 }'
}

# load_counts: interrupts and softirqs of Linux since its start.
load_counts() {
  awk '$1 == "intr" { interrupts = $2 } $1 == "softirq" { softirqs = $2 }
    END { if (interrupts) print interrupts, softirqs }' "$root/proc/stat" 2>/dev/null
}

# measured_lines: "NAME PICOSECONDS" of each line of the cell on stdin.
measured_lines() { sed -n 's/^canwarden: measure \([A-Za-z]*\) \([0-9]*\)$/\1 \2/p'; }

# worst_lines: of several runs the largest of each name, of those that end in Least the smallest.
worst_lines() {
  awk '
    !($1 in worst) { order[++count] = $1; worst[$1] = $2 }
    ($1 ~ /Least$/) ? ($2 + 0 < worst[$1] + 0) : ($2 + 0 > worst[$1] + 0) { worst[$1] = $2 }
    END { for (i = 1; i <= count; i++) print order[i], worst[order[i]] }'
}

# tell_measured FILE WORDS: prints the lines of measured_lines beside the shipped model, and which promises hold; writes
# them as a model. Counts and promises: formats/promises.ts.
tell_measured() {
  awk -v shipped="$MODEL_SHIPPED" -v table="$PROMISES" -v file="$1" -v words="$2" '
    function larger(one, other) { return one + 0 > other + 0 ? one : other }
    # Two measurements of the same: the other one, if it is larger by more than errors.
    function beyond(one, other) { return other > 1.03 * one ? other : one }
    function round_of(instruction,    i, sum) {
      for (i = 1; i <= columns; i++)
        if (round[i] != 0)
          sum += round[i] * (column[i] == "nanosPerInstruction" ? instruction : constant[column[i]])
      return sum
    }
    # Sets bound, or asleep: a constant of sleep was not measured.
    function bound_of(    i, more) {
      bound = part[4]; asleep = 0
      for (i = 1; i <= columns; i++) {
        if (part[4 + i] == 0) continue
        if (!(column[i] in constant)) {
          if (column[i] ~ /^(interruptExitNanos|wakeUpNanos)$/) asleep = 1
          continue
        }
        more = constant[column[i]] - model[column[i]]
        if (more > 0) bound += part[4 + i] * more
      }
    }
    BEGIN {
      while ((getline row < shipped) > 0) {
        if (split(row, part, "\"") >= 3 && part[3] ~ /^: \{/) name = part[2]
        if (part[2] == "value") { sub(/^: */, "", part[3]); sub(/,.*/, "", part[3]); model[name] = part[3] }
      }
      while ((getline row < table) > 0) {
        fields = split(row, part, "|")
        if (part[1] == "columns") { columns = fields - 1; for (i = 1; i <= columns; i++) column[i] = part[i + 1] }
        if (part[1] == "expected") model[part[2]] = part[3]
        if (part[1] == "round") for (i = 1; i <= columns; i++) round[i] = part[i + 1]
        if (part[1] == "promise") promise[++promises] = row
      }
      for (i = 1; i <= columns; i++) model["roundNanos"] += round[i] * model[column[i]]
      printf "%-26s%12s%12s\n", "constant, ns", "model", "measured"
    }
    {
      constant[$1] = $2 / 1000
      is_slow = ($1 in model) && (constant[$1] > 1.03 * model[$1])
      printf "%-26s%12s%12.2f%s\n", $1, ($1 in model) ? model[$1] : "-", constant[$1],
        is_slow ? "  slower than the model" : ""
    }
    END {
      if (!("nanosPerInstruction" in constant)) exit
      most = constant["nanosPerInstruction"]; least = constant["nanosPerInstructionLeast"]
      if (!least) least = most
      if (most > 1.02 * least)
        printf "core: %.2f to %.2f instructions a nanosecond: its clock changed meanwhile\n", 1 / most, 1 / least
      else printf "core: %.2f instructions a nanosecond, the same all the time\n", 1 / most
      if ("roundNanos" in constant)
        constant["nanosPerInstruction"] = beyond(most, (constant["roundNanos"] - round_of(0)) / round[1])
      if ("doorbellNanos" in constant && "trappedAccessNanos" in constant)
        constant["trappedAccessNanos"] = beyond(constant["trappedAccessNanos"], constant["doorbellNanos"])
      printf "%-60s%9s%9s%9s%9s\n", "promise, us", "bound", "promised", "holds", "margin"
      for (p = 1; p <= promises; p++) {
        split(promise[p], part, "|"); what = part[2]; goal = part[3]
        bound_of(); worst = bound; unknown = asleep
        # The rows of one promise follow each other: its ways.
        while (p < promises && index(promise[p + 1], "promise|" what "|") == 1) {
          split(promise[++p], part, "|"); bound_of(); worst = larger(worst, bound)
        }
        if (unknown) { printf "%-60s%9s%9.2f%9s%9s\n", what, "-", goal / 1000, "-", "-"; left = 1; continue }
        known++
        if (worst <= goal) kept++
        printf "%-60s%9.2f%9.2f%9s%9.2f\n", what, worst / 1000, goal / 1000, worst <= goal ? "yes" : "NO", (goal - worst) / 1000
      }
      print "bytes and chip selects on SPI, instructions of a forwarded frame: of no constant, so on every board"
      printf "%d of %d promised times hold with these constants%s\n", kept, known,
        left ? "; -: needs idle=wfi in the settings" : ""
      printf "{\n  \"name\": \"measured on a board\",\n  \"constants\": {\n" >file
      count = split("nanosPerInstruction deviceReadNanos deviceWriteNanos trappedAccessNanos " \
        "interruptExitNanos wakeUpNanos hypercallNanos counterReadNanos", names, " ")
      for (i = 1; i <= count; i++) {
        if (!(names[i] in constant)) continue
        printf "%s    \"%s\": { \"value\": %.3f, \"reason\": \"%s\" }", separator, names[i],
          constant[names[i]], words >file
        separator = ",\n"
      }
      printf "\n  }\n}\n" >file
    }'
}

# linux_clock: the clock of the cores that Linux has set, in MHz, and the governor.
linux_clock() {
  clock_set=$(first_line "$CLOCK_POLICY/scaling_cur_freq")
  [ -n "$clock_set" ] || clock_set=$(first_line "$CLOCK_POLICY/scaling_max_freq")
  if [ -n "$clock_set" ]; then
    say "$((clock_set / 1000)) MHz ($(first_line "$CLOCK_POLICY/scaling_governor"))"
  else
    say 'not shown by this kernel'
  fi
}

# measure_once WORDS: lets the image measure. Appends its lines to measure_lines.
measure_once() {
  run jailhouse cell load "$CELL" "$SELF_TEST_IMAGE" -s "measure $(cell_options)" -a "$COMMAND_LINE_ADDRESS" &&
    run jailhouse cell start "$CELL" && await_line '^canwarden: measured' "$MEASURE_SECONDS" || return
  measure_lines="$measure_lines
$(cell_lines | measured_lines)"
}

command_measure() {
  measure_stop=''
  measure_load=0
  measure_file=board-model.json
  for measure_word in "$@"; do
    case "$measure_word" in
      --stop) measure_stop=--stop ;;
      --load) measure_load=1 ;;
      -*) bad_usage "measure takes '--stop', '--load' and a file, got '$measure_word'" ;;
      *) measure_file=$measure_word ;;
    esac
  done
  need_root measure
  need_files
  need_self_test_files
  prepare_self_test "$measure_stop"
  trap 'end_load; restore_after_self_test; exit "$EXIT_FAILED"' INT TERM HUP
  measure_words='canwarden measure, Linux idle'
  if [ "$measure_load" -ne 0 ]; then
    begin_load
    measure_words='canwarden measure, Linux under load'
  fi
  measure_clock=$(linux_clock)
  measure_lines=''
  measure_end=0
  measure_once || measure_end=$EXIT_FAILED
  # The load is there for a minute; the worst of several looks counts.
  measure_left=$((measure_load * LOAD_LOOKS))
  while [ "$measure_left" -gt 0 ] && [ "$measure_end" -eq 0 ]; do
    measure_left=$((measure_left - 1))
    sleep "$LOAD_PAUSE"
    measure_once || measure_end=$EXIT_FAILED
  done
  end_load
  measure_clock_after=$(linux_clock)
  restore_after_self_test
  [ "$measure_end" -eq 0 ] || fail "the measurement did not end within $MEASURE_SECONDS s." '' \
    'canwarden selftest says what is wrong with the board'
  printf '%s\n' "$measure_lines" | sed '/^$/d' | worst_lines | tell_measured "$measure_file" "$measure_words" ||
    fail "cannot write $measure_file." '' 'df; canwarden measure FILE'
  say "clock of the cores, set by Linux: $measure_clock; after it: $measure_clock_after"
  say "written: $measure_file (npm run twin -- --model FILE, npm run bench -- --model FILE)"
}
