# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# up and down: the commands of Jailhouse in order, each shown before it runs.
#
# Repeating a command that is already done is no error.

# Time in seconds for the cell to report that it is ready.
READY_SECONDS=5

# All four cores have one clock, also the cell's. The governor before `up` is kept for `down`.
CLOCK_POLICY="$root/sys/devices/system/cpu/cpufreq/policy0"
GOVERNOR_BEFORE="$root/run/canwarden-helper/governor-before"

# run WORDS...: shows a command as it can be typed, then runs it.
run() {
  run_shown=''
  for run_word in "$@"; do
    case "$run_word" in
      '' | *[!A-Za-z0-9_./:=,-]*) run_shown="$run_shown \"$run_word\"" ;;
      *) run_shown="$run_shown $run_word" ;;
    esac
  done
  say "+$run_shown"
  "$@"
}

# run_or_fail WHAT WORDS...: as run. A failure ends the helper with the kernel's last message.
run_or_fail() {
  run_purpose=$1
  shift
  run "$@" || fail "$run_purpose failed (exit status $?)." "$(kernel_words)" 'canwarden doctor'
}

need_files() {
  for needed in "$IMAGE" "$ROOT_CELL" "$GUARD_CELL"; do
    [ -r "$needed" ] || fail "$needed is missing." 'canwarden is not, or not wholly, installed.' \
      'npm run deploy, or the Yocto layer (docs/agl.md)'
  done
  have jailhouse || fail "there is no 'jailhouse' command." "the image was built without Jailhouse." \
    "add the package 'jailhouse' (docs/agl.md)"
  needed=$(cell_options)
  [ "${#needed}" -lt "$COMMAND_LINE_BYTES" ] ||
    fail "CANWARDEN_CELL_OPTIONS has ${#needed} characters, the cell takes $((COMMAND_LINE_BYTES - 1))." \
      '' "shorten it in $SETTINGS_FILE"
}

# Checks for the faults of doctor that can stop the board. Once Jailhouse is enabled, Linux parks at its first
# access to memory that is no longer its own; without PSCI it does not even get that far. Nothing has been
# changed at this point, so a unit that calls this at each boot leaves the board running.
need_board_right() {
  board_faults=0
  good() { :; }
  later() { :; }
  fault() {
    board_faults=$((board_faults + 1))
    warn "$1." '' "$2"
  }
  check_memory
  check_cpu
  check_spi
  [ "$board_faults" -eq 0 ] || fail 'the cell is not started: the board could stop.' '' \
    "cure what is said above; 'canwarden doctor' says the same and more"
}

# The firmware may leave the cores' clock to Linux (over_voltage forbids force_turbo), and Linux lowers it while
# its own cores are idle. A lower clock only delays answers, so this only warns.
hold_clock() {
  clock_governor=$(first_line "$CLOCK_POLICY/scaling_governor")
  if [ -z "$clock_governor" ] || [ "$clock_governor" = performance ] ||
    [ "$(first_line "$CLOCK_POLICY/scaling_min_freq")" = "$(first_line "$CLOCK_POLICY/scaling_max_freq")" ]; then
    return 0
  fi
  set_governor performance || {
    warn "Linux changes the clock of the cores ($clock_governor), and answers are later at a lower clock." \
      "this kernel does not take the governor 'performance'." \
      'force_turbo=1 in config.txt (not together with over_voltage), reboot'
    return 0
  }
  { mkdir -p "${GOVERNOR_BEFORE%/*}" && printf '%s\n' "$clock_governor" >"$GOVERNOR_BEFORE"; } 2>/dev/null || :
}

# Restores the earlier governor, unless another one has been chosen since.
give_clock_back() {
  clock_before=$(first_line "$GOVERNOR_BEFORE")
  [ -n "$clock_before" ] || return 0
  rm -f "$GOVERNOR_BEFORE"
  [ "$(first_line "$CLOCK_POLICY/scaling_governor")" = performance ] || return 0
  set_governor "$clock_before" ||
    warn "the clock of the cores stays at its highest: the governor '$clock_before' is not taken."
}

# set_governor NAME: whether the kernel took it. The kernel can refuse without an error to the writer.
set_governor() {
  say "+ echo $1 > $CLOCK_POLICY/scaling_governor"
  { printf '%s\n' "$1" >"$CLOCK_POLICY/scaling_governor"; } 2>/dev/null &&
    [ "$(first_line "$CLOCK_POLICY/scaling_governor")" = "$1" ]
}

load_module() {
  [ ! -e "$root/dev/jailhouse" ] || return 0
  run_or_fail 'loading the module' modprobe jailhouse
  [ -e "$root/dev/jailhouse" ] || fail 'the module is loaded, but there is no /dev/jailhouse.' \
    'udev or devtmpfs did not make the node.' 'ls -l /dev; systemctl status systemd-udevd'
}

enable_hypervisor() {
  if jailhouse_enabled; then
    say 'Jailhouse: already enabled'
  else
    run_or_fail "enabling Jailhouse with $ROOT_CELL" jailhouse enable "$ROOT_CELL"
  fi
}

# Cell RAM is not cleared between loads. Without a table, clear the old one so that it does not come back.
load_and_start() {
  if [ -r "$RULES" ]; then
    run_or_fail 'loading the cell' jailhouse cell load "$CELL" "$IMAGE" \
      -s "$(cell_options)" -a "$COMMAND_LINE_ADDRESS" "$RULES" -a "$RULES_ADDRESS"
  else
    warn "no rule table at $RULES: every frame is forwarded, none answered." '' \
      'canwarden rules load FILE'
    run_or_fail 'loading the cell' jailhouse cell load "$CELL" "$IMAGE" \
      -s "$(cell_options)" -a "$COMMAND_LINE_ADDRESS" -s '' -a "$RULES_ADDRESS"
  fi
  run_or_fail 'starting the cell' jailhouse cell start "$CELL"
  await_ready
}

# Prints what the cell reported. Fails if the cell failed. A silent running cell is only doubtful.
await_ready() {
  await_left=$READY_SECONDS
  while [ "$await_left" -gt 0 ]; do
    case "$(cell_state)" in
      failed | 'Comm ABI mismatch')
        cell_lines
        fail "the cell started and stopped (state: $(cell_state))." "$(explain_last_status)" \
          'canwarden doctor'
        ;;
    esac
    if cell_lines | grep -q '^canwarden: ready'; then
      cell_lines
      return
    fi
    await_left=$((await_left - 1))
    sleep 1
  done
  warn "the cell runs, but its console has no line 'canwarden: ready' after $READY_SECONDS s." \
    'the console of the hypervisor is off, or the cell hangs.' 'canwarden doctor'
}

explain_last_status() {
  last_status=$(start_statuses | tail -n 1)
  if [ -n "$last_status" ]; then
    explain_status "$last_status"
  else
    say 'it wrote no line; the hypervisor may have stopped it (jailhouse console)'
  fi
}

# Gives the link to the bridge, by uio_ivshmem, or to Linux's own drivers. The cell answers urgent frames
# without it, so this only warns. The bridge's unit waits for the device for status and requests, which exists
# in both roles, so that one comes last.
bind_link() {
  bind_device=$(link_device)
  if [ -z "$bind_device" ]; then
    warn "there is no shared-memory device ($LINK_VENDOR:$LINK_DEVICE class $DRIVER_ROLE_CLASS or $DEVICE_ROLE_CLASS)." \
      'Jailhouse was enabled with another root cell, or twice in one boot.' 'reboot, canwarden up'
    return
  fi
  if [ "$(role)" = device ]; then
    bind_can || :
  else
    bind_one "$bind_device" "$DRIVER_ROLE_CLASS" || return
  fi
  bind_control=$(control_device)
  [ -n "$bind_control" ] || warn "there is no device for status and requests (class $CONTROL_CLASS)." \
    'the root cell is of an older release.' 'npm run deploy, reboot; all else works without it'
  bind_one "$bind_control" "$CONTROL_CLASS"
}

# bind_one DEVICE CLASS: does nothing without a device, or if it is bound.
bind_one() {
  [ -n "$1" ] && [ -z "$(link_node "$1")" ] || return 0
  if [ ! -d "$UIO_DRIVER" ] && ! run modprobe uio_ivshmem; then
    warn 'this kernel has no uio_ivshmem, so the bridge cannot run.' \
      'it is part of the Jailhouse kernels, not of mainline.' 'docs/agl.md, "Kernel"'
    return 1
  fi
  bind_identity="${LINK_VENDOR#0x} ${LINK_DEVICE#0x} ${LINK_VENDOR#0x} ${LINK_DEVICE#0x} ${2#0x} ffffff"
  say "+ echo \"$bind_identity\" > $UIO_DRIVER/new_id"
  printf '%s\n' "$bind_identity" 2>/dev/null >"$UIO_DRIVER/new_id" ||
    warn "uio_ivshmem does not take ${1##*/}." "$(link_driver "$1") may have it." 'canwarden doctor'
}

command_up() {
  need_root up
  need_files
  case "$(cell_state)" in
    running | running/locked)
      say "cell $CELL: already running"
      hold_clock
      end_release
      bind_link || :
      return
      ;;
  esac
  need_board_right
  need_one_role
  end_release
  hold_clock
  load_module
  enable_hypervisor
  [ -n "$(cell_state)" ] ||
    run_or_fail "creating the cell" jailhouse cell create "$GUARD_CELL"
  load_and_start
  bind_link || :
  say "cell $CELL: running"
}

# The hypervisor stays enabled: after a second 'enable' in one boot its virtual PCI bus does not come back.
command_down() {
  need_root down
  if [ -z "$(cell_state)" ]; then
    say "cell $CELL: not there, nothing to stop"
    return
  fi
  release_can
  stop_cell
  release_can_late
  run_or_fail 'removing the cell' jailhouse cell destroy "$CELL"
  give_clock_back
  say "cell $CELL: gone, CPU $CELL_CPU is back with Linux; Jailhouse stays enabled until the next boot"
}

restart_cell() {
  release_can
  stop_cell
  release_can_late
  load_and_start
  end_release
  [ "$(running_role)" != device ] || bind_can || :
}

# The cell refuses once, for at most five seconds, while Linux's virtio_can waits for START or STOP.
stop_cell() {
  if [ "$(running_role)" = device ]; then
    run jailhouse cell shutdown "$CELL" && return
    sleep 1
  fi
  run_or_fail 'stopping the cell' jailhouse cell shutdown "$CELL"
}
