# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# doctor: checks everything that can be wrong, in the order of dependence. Changes nothing.
#
# This file has the list, and the checks of Jailhouse. board-checks.sh checks memory, CPU, SPI and clock,
# link-checks.sh the link and the cell.

doctor_faults=0
doctor_number=0
doctor_name=''
doctor_said=0
# Statuses of the cell that were told as faults, with blanks around.
doctor_said_statuses=''

# finding KIND TEXT: records what a check found.
finding() {
  finding_head=''
  [ "$doctor_said" -ne 0 ] || finding_head="$doctor_number $doctor_name"
  doctor_said=1
  printf '%-14s %-6s %s\n' "$finding_head" "$1" "$2"
}
report_findings() {
  good() { finding ok "$1"; }
  later() { finding later "$1"; }
  fault() {
    doctor_faults=$((doctor_faults + 1))
    finding FAULT "$1"
    printf '%-14s %-6s %s\n' '' 'Fix:' "$2"
  }
}

# check NAME FUNCTION
check() {
  doctor_number=$((doctor_number + 1))
  doctor_name=$1
  doctor_said=0
  "$2"
}

command_doctor() {
  need_root doctor
  report_findings
  check jailhouse check_jailhouse
  check memory check_memory
  check cpu check_cpu
  check spi check_spi
  check "$(link_module)" check_link
  check "$(interface)" check_interface
  check bridge check_bridge
  check cell check_cell
  check clock check_clock
  if [ "$doctor_faults" -eq 0 ]; then
    say 'doctor: no fault found'
    return
  fi
  case "$doctor_said_statuses" in
    *' '*)
      say "'canwarden selftest --stop' tells a wire from the chip, 'canwarden latency' how late answers are,"
      say "'canwarden measure --stop' which promised times this board can keep"
      ;;
  esac
  say "doctor: $doctor_faults found; begin with the first, the others may follow from it"
  exit "$EXIT_FAILED"
}

check_jailhouse() {
  have jailhouse || fault "there is no 'jailhouse' command" \
    "add the package 'jailhouse' to the image (docs/agl.md)"
  if [ ! -d "$root/sys/module/jailhouse" ]; then
    if module_exists jailhouse; then
      fault 'the module jailhouse is not loaded' 'modprobe jailhouse (canwarden up does it)'
    else
      fault "there is no module jailhouse for this kernel ($(uname -r))" \
        "add the package 'kernel-module-jailhouse' to the image (docs/agl.md)"
    fi
  elif [ ! -e "$root/dev/jailhouse" ]; then
    fault 'the module is loaded, but there is no /dev/jailhouse' 'systemctl restart systemd-udevd'
  fi
  [ -r "$root/lib/firmware/jailhouse.bin" ] ||
    fault 'the hypervisor /lib/firmware/jailhouse.bin is missing' "install the package 'jailhouse'"
  [ -r "$IMAGE" ] || fault "$IMAGE is missing" 'npm run deploy, or the Yocto layer (docs/agl.md)'
  check_revision
  [ "$doctor_said" -ne 0 ] || good "$(describe_jailhouse)"
}

describe_jailhouse() {
  if jailhouse_enabled; then
    say "enabled, cells of revision $(cell_revision "$GUARD_CELL" JHCEL)"
  else
    say "loaded, not enabled yet; cells of revision $(cell_revision "$GUARD_CELL" JHCEL)"
  fi
}

# The driver accepts exactly one revision and cannot be asked for it. The stock cells built in the same package
# show it, and so does the kernel log after a refusal.
check_revision() {
  revision_root=$(cell_revision "$ROOT_CELL" JHSYS)
  revision_guard=$(cell_revision "$GUARD_CELL" JHCEL)
  if [ -z "$revision_root" ]; then
    fault "$ROOT_CELL is missing, or no system configuration" 'npm run deploy, or the Yocto layer (docs/agl.md)'
    return
  elif [ -z "$revision_guard" ]; then
    fault "$GUARD_CELL is missing, or no cell configuration" 'npm run deploy, or the Yocto layer (docs/agl.md)'
    return
  elif [ "$revision_root" != "$revision_guard" ]; then
    fault "$ROOT_CELL has revision $revision_root, $GUARD_CELL $revision_guard" \
      'npm run deploy, or the Yocto layer (docs/agl.md)'
    return
  fi
  revision_known=''
  for revision_file in "$CELLS_FOLDER"/*.cell; do
    revision_stock=$(cell_revision "$revision_file" JHSYS)
    if [ -n "$revision_stock" ] && [ "$revision_stock" != "$revision_root" ]; then
      fault "this Jailhouse is of revision $revision_stock (${revision_file##*/}), our cells are of $revision_root" \
        "npm run deploy -- --revision $revision_stock, or CANWARDEN_JAILHOUSE_REVISION (docs/agl.md)"
      return
    fi
    [ "$revision_file" = "$ROOT_CELL" ] || revision_known=${revision_stock:-$revision_known}
  done
  [ -z "$revision_known" ] || return 0
  case "$(jailhouse_enabled || kernel_words)" in
    *'revision mismatch'* | *'Not a system configuration'*)
      fault "the driver refused our cells of revision $revision_root: $(kernel_words)" \
        "npm run deploy -- --revision $((27 - revision_root)), or CANWARDEN_JAILHOUSE_REVISION (docs/agl.md)"
      ;;
  esac
}
