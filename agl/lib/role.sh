# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The role: which end of virtio-can the cell is. In the role device Linux's own drivers (virtio_ivshmem,
# virtio_can) make a CAN interface of it.
#
# The role is in the class code of the link's PCI device, which Jailhouse makes from the root cell's file, so
# helper and cells cannot differ. The order of commands avoids a hang: Linux's virtio_can waits for the end of
# START and STOP without a limit. So the interface goes down while the cell runs, or after the hypervisor has
# taken the link's state away (virtio_ivshmem then sends nothing). It is never unbound while it is up.

# Class 0xff and the protocol of AGL's end: back-end in the role driver, front-end in the role device.
DRIVER_ROLE_CLASS=0xffc024
DEVICE_ROLE_CLASS=0xff8024
VIRTIO_DRIVER="$root/sys/bus/pci/drivers/virtio-ivshmem"
CAN_DRIVER="$root/sys/bus/virtio/drivers/virtio_can"
# DEVICE_NEEDS_RESET in the status of a virtio device.
NEEDS_RESET=64
# This file exists while `down` has released the interface, so that `watch` leaves it alone.
HELD="$root/run/canwarden-helper/can-held"
# Time for Linux's drivers, and interval of `watch`, in seconds.
BIND_SECONDS=5
WATCH_SECONDS=1
WATCH_SECONDS_AFTER_FAILURE=10

link_device() {
  link_found=$(shared_device "$DRIVER_ROLE_CLASS")
  [ -n "$link_found" ] || link_found=$(shared_device "$DEVICE_ROLE_CLASS")
  printf '%s\n' "$link_found"
}

# running_role: the role of the running machine, or nothing while there is no link.
running_role() {
  if [ -n "$(shared_device "$DRIVER_ROLE_CLASS")" ]; then
    say driver
  elif [ -n "$(shared_device "$DEVICE_ROLE_CLASS")" ]; then
    say device
  fi
}

# file_role FILE: the role of a root cell or cell file, or nothing. The entry of an ivshmem device holds its own
# number (root 0, cell 1), two peers, and the protocol, little-endian.
file_role() {
  [ -r "$1" ] || return 0
  case "$(od -A n -v -t x1 "$1" | tr -d ' \n')" in
    *000224c0* | *01022480*) say driver ;;
    *00022480* | *010224c0*) say device ;;
  esac
}

# role: "driver" or "device": the running role, or before Jailhouse runs that of the installed files.
role() {
  role_found=$(running_role)
  [ -n "$role_found" ] || role_found=$(file_role "$ROOT_CELL")
  say "${role_found:-driver}"
}

# Files of different roles would make a link with two drivers or two devices.
need_one_role() {
  one_root=$(file_role "$ROOT_CELL")
  one_cell=$(file_role "$GUARD_CELL")
  [ -n "$one_root" ] && [ -n "$one_cell" ] || return 0
  [ "$one_root" = "$one_cell" ] ||
    fail "$ROOT_CELL is for the role $one_root, $GUARD_CELL for the role $one_cell." \
      'they come from two builds.' "npm run deploy -- --role $one_root, or the Yocto layer (docs/agl.md)"
  one_now=$(running_role)
  [ -z "$one_now" ] || [ "$one_now" = "$one_cell" ] ||
    fail "Jailhouse runs with a root cell for the role $one_now, $GUARD_CELL is for the role $one_cell." \
      'the role was changed since the board was started.' 'reboot, canwarden up'
}

# link_module: the module with the link's driver.
link_module() {
  case "$(role)" in
    device) say virtio_ivshmem ;;
    *) say uio_ivshmem ;;
  esac
}

# can_interface: the CAN interface that virtio_can made of the link, or nothing.
can_interface() {
  for can_candidate in "$(link_device)"/virtio*/net/*; do
    [ ! -e "$can_candidate" ] || printf '%s\n' "${can_candidate##*/}"
  done
}

interface() {
  if [ "$(role)" = device ]; then
    interface_found=$(can_interface)
    say "${interface_found:-can0}"
  else
    setting CANWARDEN_INTERFACE vcan0
  fi
}

# can_is_stale: whether the cell went away under the driver. The cell reports that in the status of the virtio
# device. Linux shows the status and does not act on it.
can_is_stale() {
  for stale_candidate in "$(link_device)"/virtio*/status; do
    stale_status=$(first_line "$stale_candidate")
    [ -z "$stale_status" ] || [ $((stale_status & NEEDS_RESET)) -eq 0 ] || return 0
  done
  return 1
}

# write_to FILE WORD: as `echo WORD > FILE`, shown. Failure is silent.
write_to() {
  say "+ echo $2 > $1"
  { printf '%s\n' "$2" >"$1"; } 2>/dev/null
}

# need_driver FOLDER MODULE: loads the driver if it is missing.
need_driver() {
  [ -d "$1" ] || run modprobe "$2" || {
    warn "this kernel has no $2, so Linux cannot drive the cell (role device)." \
      'virtio_ivshmem is part of Jailhouse kernels, virtio_can of new kernels (7.2 has it).' \
      'docs/agl.md, "Kernel"; or the other role: npm run deploy -- --role driver, reboot'
    return 1
  }
}

# bind_can: gives the link to Linux's drivers once the cell is ready, and raises the interface. Their probe fails
# before, and Linux does not try again.
bind_can() {
  need_driver "$VIRTIO_DRIVER" virtio_ivshmem && need_driver "$CAN_DRIVER" virtio_can || return 1
  bind_link_device=$(link_device)
  bind_link_driver=$(link_driver "$bind_link_device")
  if [ "$bind_link_driver" = virtio-ivshmem ] && can_is_stale; then
    say "the cell was started again under $(interface): it is bound anew"
    unbind_can || return 1
    bind_link_driver=''
  fi
  case "$bind_link_driver" in
    virtio-ivshmem) ;;
    '') await_bound || return 1 ;;
    *)
      warn "${bind_link_device##*/} belongs to the driver $bind_link_driver, not to virtio-ivshmem." '' \
        "echo ${bind_link_device##*/} > /sys/bus/pci/drivers/$bind_link_driver/unbind, then canwarden up"
      return 1
      ;;
  esac
  raise_can
}

await_bound() {
  bound_left=$BIND_SECONDS
  while [ -z "$(can_interface)" ]; do
    if [ "$bound_left" -eq 0 ]; then
      warn "virtio_ivshmem does not take ${bind_link_device##*/}." "$(dmesg 2>/dev/null | grep -i ivshmem | tail -n 1)" \
        'canwarden doctor'
      return 1
    fi
    [ -n "$(link_driver "$bind_link_device")" ] || write_to "$VIRTIO_DRIVER/bind" "${bind_link_device##*/}" ||
      say '  the cell is not ready for it yet'
    [ -n "$(can_interface)" ] || sleep 1
    bound_left=$((bound_left - 1))
  done
}

# The driver has no bit rate; that is a setting of the cell. With restart-ms Linux comes back after a bus-off
# together with the cell.
raise_can() {
  raise_name=$(can_interface)
  if interface_up "$raise_name"; then return 0; fi
  run ip link set "$raise_name" type can restart-ms "$(setting CANWARDEN_RESTART_MS 100)" ||
    warn "this 'ip' cannot set restart-ms: after a bus-off $raise_name stays down until it is raised again." \
      'busybox has only a part of it.' 'install iproute2'
  run ip link set "$raise_name" up || {
    warn "$raise_name does not go up." \
      'the cell refuses the start: with restart-ms=0 it stays off the bus after a bus-off.' 'canwarden status'
    return 1
  }
}

# lower_can: sets the interface down, or fails.
lower_can() {
  lower_name=$(can_interface)
  [ -n "$lower_name" ] && interface_up "$lower_name" || return 0
  run ip link set "$lower_name" down && ! interface_up "$lower_name"
}

# unbind_can: lowers the interface, then unbinds the link's driver. While the interface is up Linux would wait for
# ever, holding the lock of all its interfaces.
unbind_can() {
  unbind_device=$(link_device)
  [ "$(link_driver "$unbind_device")" = virtio-ivshmem ] || return 0
  if ! lower_can; then
    warn "$(interface) does not go down, so it stays bound." \
      'to unbind it while it is up would hang Linux.' "ip link set $(interface) down; canwarden up"
    return 1
  fi
  write_to "$VIRTIO_DRIVER/unbind" "${unbind_device##*/}"
  unbind_left=$BIND_SECONDS
  while [ -n "$(link_driver "$unbind_device")" ]; do
    if [ "$unbind_left" -eq 0 ]; then
      warn "virtio-ivshmem does not let ${unbind_device##*/} go." '' 'dmesg; reboot'
      return 1
    fi
    sleep 1
    unbind_left=$((unbind_left - 1))
  done
}

# release_can: called before the cell is stopped. While the cell runs, lowers the interface first. A failed cell
# answers no STOP, so that must wait until the hypervisor has taken the link's state away.
release_can() {
  [ "$(running_role)" = device ] || return 0
  { mkdir -p "${HELD%/*}" && : >"$HELD"; } 2>/dev/null || :
  case "$(cell_state)" in
    running | running/locked) unbind_can || fail 'the cell is not stopped.' '' 'canwarden doctor' ;;
  esac
}

# release_can_late: called after the cell was stopped. The driver then sends nothing and waits for nothing.
release_can_late() {
  [ "$(running_role)" != device ] || unbind_can || :
}

end_release() { rm -f "$HELD"; }

# watch: binds the interface again after a restart of the cell, which Linux's driver does not survive.
command_watch() {
  need_root watch
  if [ "$(role)" != device ]; then
    say 'role driver: the bridge finds the cell again by itself, there is nothing to watch'
    return
  fi
  while :; do
    watch_pause=$WATCH_SECONDS
    case "$(cell_state)" in
      running | running/locked) [ -e "$HELD" ] || watch_once || watch_pause=$WATCH_SECONDS_AFTER_FAILURE ;;
    esac
    sleep "$watch_pause" || return
  done
}

# An interface lowered by hand stays down.
watch_once() {
  watch_driver=$(link_driver "$(link_device)")
  if [ -z "$watch_driver" ]; then
    bind_can
  elif [ "$watch_driver" = virtio-ivshmem ] && can_is_stale; then
    watch_name=$(can_interface)
    if [ -n "$watch_name" ] && ! interface_up "$watch_name"; then
      say "the cell was started again under $watch_name, which is down: it is bound anew"
      unbind_can && await_bound_of "$(link_device)"
    else
      bind_can
    fi
  fi
}

await_bound_of() {
  bind_link_device=$1
  await_bound
}

# check_can_link: doctor's check of the link in the role device.
check_can_link() {
  check_driver=$(link_driver "$1")
  if [ -z "$check_driver" ]; then
    for check_module in virtio_ivshmem virtio_can; do
      if [ ! -d "$VIRTIO_DRIVER" ] && ! module_exists "$check_module"; then
        fault "this kernel has no $check_module" \
          'use a kernel that has it (docs/agl.md, "Kernel"), or npm run deploy -- --role driver, reboot'
        return
      fi
    done
    fault "${1##*/} is not bound to virtio-ivshmem" \
      'canwarden up (it binds the device; the driver does not try again by itself)'
  elif [ "$check_driver" != virtio-ivshmem ]; then
    fault "${1##*/} belongs to the driver $check_driver (role device)" \
      "echo ${1##*/} > /sys/bus/pci/drivers/$check_driver/unbind, then canwarden up"
  elif can_is_stale; then
    fault "the cell was started again, and $(interface) is still bound to the one before: it is dead" \
      'canwarden up (it binds it anew; canwarden-can.service does it by itself)'
  elif [ -z "$(can_interface)" ]; then
    fault "virtio-ivshmem has ${1##*/}, but there is no CAN interface" \
      'modprobe virtio_can; dmesg | grep virtio_can'
  else
    good "$(can_interface) (${1##*/}, virtio-ivshmem, role device)"
  fi
}

# check_can_interface: doctor's check of the interface in the role device.
check_can_interface() {
  check_name=$(can_interface)
  if [ -z "$check_name" ]; then
    later "virtio_can makes it of the link (canwarden up)"
  elif ! interface_up "$check_name"; then
    fault "$check_name is down" "ip link set $check_name up (without a bit rate: it is the cell's)"
  else
    good "$check_name is up"
  fi
}
