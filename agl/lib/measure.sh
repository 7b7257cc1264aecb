# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# measure: the constants that the twin's model assumes, measured on this board by the image of the self test.
#
# Writes a file for `npm run twin -- --model FILE` and `npm run bench -- --model FILE`. Values of the cell are
# picoseconds.

MODEL_SHIPPED="$lib/board-model.json"
MEASURE_SECONDS=20
LOAD_PIDS=''

# begin_load: keeps the memory and the cores of Linux busy.
begin_load() {
  for load_core in 0 1 2; do
    dd if=/dev/zero of=/dev/null bs=4M 2>/dev/null &
    LOAD_PIDS="$LOAD_PIDS $!"
    say "load on Linux's cores: process $! ($load_core)"
  done
}

end_load() {
  # Each is one process of ours.
  # shellcheck disable=SC2086
  [ -z "$LOAD_PIDS" ] || kill $LOAD_PIDS 2>/dev/null
  LOAD_PIDS=''
}

# measured_lines: "NAME PICOSECONDS" of each line of the cell on stdin.
measured_lines() { sed -n 's/^canwarden: measure \([A-Za-z]*\) \([0-9]*\)$/\1 \2/p'; }

# compare_model: the lines of measured_lines beside the shipped model.
compare_model() {
  awk -v shipped="$MODEL_SHIPPED" '
    BEGIN {
      while ((getline row < shipped) > 0) {
        if (split(row, part, "\"") >= 3 && part[3] ~ /^: \{/) name = part[2]
        if (part[2] == "value") { sub(/^: */, "", part[3]); sub(/,.*/, "", part[3]); model[name] = part[3] }
      }
      printf "%-26s%12s%12s\n", "constant, ns", "model", "measured"
    }
    {
      is_slow = ($1 in model) && ($2 / 1000 > 1.03 * model[$1])
      printf "%-26s%12s%12.2f%s\n", $1, ($1 in model) ? model[$1] : "-", $2 / 1000,
        is_slow ? "  slower than the model" : ""
    }'
}

# write_model FILE WORDS: the lines of measured_lines as a model.
write_model() {
  awk -v words="$2" '
    BEGIN { printf "{\n  \"name\": \"measured on a board\",\n  \"constants\": {\n" }
    $1 ~ /^(nanosPerInstruction|deviceReadNanos|deviceWriteNanos|trappedAccessNanos|interruptExitNanos|wakeUpNanos|hypercallNanos|counterReadNanos)$/ {
      printf "%s    \"%s\": { \"value\": %.3f, \"reason\": \"%s\" }", separator, $1, $2 / 1000, words
      separator = ",\n" }
    END { printf "\n  }\n}\n" }' >"$1"
}

command_measure() {
  measure_stop=''
  measure_load=''
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
  if [ -n "$measure_load" ]; then
    begin_load
    measure_words='canwarden measure, Linux under load'
  fi
  measure_end=0
  run jailhouse cell load "$CELL" "$SELF_TEST_IMAGE" -s "measure $(cell_options)" -a "$COMMAND_LINE_ADDRESS" &&
    run jailhouse cell start "$CELL" && await_line '^canwarden: measured' "$MEASURE_SECONDS" ||
    measure_end=$EXIT_FAILED
  end_load
  measure_lines=$(cell_lines | measured_lines)
  restore_after_self_test
  printf '%s\n' "$measure_lines" | compare_model
  [ "$measure_end" -eq 0 ] || fail "the measurement did not end within $MEASURE_SECONDS s." '' \
    'canwarden selftest says what is wrong with the board'
  printf '%s\n' "$measure_lines" | write_model "$measure_file" "$measure_words" ||
    fail "cannot write $measure_file." '' 'df; canwarden measure FILE'
  say "written: $measure_file (npm run twin -- --model FILE, npm run bench -- --model FILE)"
}
