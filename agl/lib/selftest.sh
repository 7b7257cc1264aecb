# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# selftest: loads the image of the self test in the cell's place, words what it finds, and puts everything back.
#
# The cell's lines have numbers alone (docs/self-test.md); the sentences are in self-test.txt.

SELF_TEST_IMAGE="$root/usr/share/jailhouse/inmates/canwarden-selftest.bin"
SELF_TEST_SENTENCES="$lib/self-test.txt"
# Time in seconds for all tests. They take less than one.
SELF_TEST_SECONDS=20

# tell_findings: words the lines of the self test on stdin, a cure below each fault.
tell_findings() {
  awk -v table="$SELF_TEST_SENTENCES" '
    function filled(text,    i) {
      for (i = 6; i <= NF; i++) gsub("%" (i - 5), $i, text)
      return text
    }
    BEGIN {
      while ((getline row < table) > 0) {
        split(row, part, "|")
        says[part[1] " " part[2] " " part[3]] = part[4]
        cure[part[1] " " part[2] " " part[3]] = part[5]
      }
      word["ok"] = "ok"; word["fault"] = "FAULT"; word["untested"] = "later"
    }
    /^canwarden: test / {
      key = $3 " " $4 " " $5
      text = key in says ? filled(says[key]) : "finding " $5 ", which this helper does not know"
      printf "%-10s%-9s%s\n", $3, word[$4], text
      if ($4 != "ok" && $5 > 0 && cure[key] != "nothing" && cure[key] != "")
        printf "%-10s%-9s%s\n", "", "Fix:", filled(cure[key])
    }'
}

need_self_test_files() {
  for needed in "$SELF_TEST_IMAGE" "$SELF_TEST_SENTENCES"; do
    [ -r "$needed" ] || fail "$needed is missing." 'canwarden is not, or not wholly, installed.' \
      'npm run deploy, or the Yocto layer (docs/agl.md)'
  done
}

# prepare_self_test STOP: makes the cell, or stops it if STOP is --stop. Sets test_before to running, created or none.
prepare_self_test() {
  case "$(cell_state)" in
    running | running/locked)
      [ "$1" = --stop ] || fail 'the cell runs: it guards the bus.' '' \
        "canwarden selftest --stop (no frame is answered meanwhile; the cell is started again)"
      test_before=running
      release_can
      stop_cell
      release_can_late
      return
      ;;
    '') test_before=none ;;
    *) test_before=created ;;
  esac
  need_board_right
  need_one_role
  load_module
  enable_hypervisor
  [ "$test_before" = created ] ||
    run_or_fail 'creating the cell' jailhouse cell create "$GUARD_CELL"
}

# restore_after_self_test: the cell as it was before.
restore_after_self_test() {
  trap - INT TERM HUP
  case "$test_before" in
    running)
      load_and_start
      end_release
      [ "$(running_role)" != device ] || bind_can || :
      ;;
    none) run_or_fail 'removing the cell' jailhouse cell destroy "$CELL" ;;
    *) say "cell $CELL: not started, as before" ;;
  esac
}

# await_line PATTERN SECONDS: waits for the cell's last line. Fails if it does not come.
await_line() {
  await_left=$2
  while ! cell_lines | grep -q "$1"; do
    case "$(cell_state)" in
      failed | 'Comm ABI mismatch') return 1 ;;
    esac
    [ "$await_left" -gt 0 ] || return 1
    await_left=$((await_left - 1))
    sleep 1
  done
}

command_selftest() {
  case "$#:${1:-}" in
    0:) test_stop='' ;;
    1:--stop) test_stop=--stop ;;
    *) bad_usage "selftest takes '--stop' or nothing, got '$*'" ;;
  esac
  need_root selftest
  need_files
  need_self_test_files
  prepare_self_test "$test_stop"
  trap 'restore_after_self_test; exit "$EXIT_FAILED"' INT TERM HUP
  test_end=0
  run jailhouse cell load "$CELL" "$SELF_TEST_IMAGE" -s "$(cell_options)" -a "$COMMAND_LINE_ADDRESS" &&
    run jailhouse cell start "$CELL" &&
    await_line '^canwarden: tested,' "$SELF_TEST_SECONDS" || test_end=$EXIT_FAILED
  test_lines=$(cell_lines)
  restore_after_self_test
  printf '%s\n' "$test_lines" | tell_findings
  if [ "$test_end" -ne 0 ]; then
    fail "the self test did not end within $SELF_TEST_SECONDS s." \
      "$(printf '%s\n' "$test_lines" | tail -n 1)" \
      'is the console of the hypervisor on? jailhouse console; dmesg | grep -i jailhouse'
  fi
  test_faults=$(printf '%s\n' "$test_lines" | grep -c '^canwarden: test [a-z0-9]* fault ')
  [ "$test_faults" -eq 0 ] || {
    say "selftest: $(counted "$test_faults" fault)"
    exit "$EXIT_FAILED"
  }
  say 'selftest: nothing wrong was found'
}
