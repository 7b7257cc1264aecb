# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# doctor's checks of the link from the cell to the CAN interface of Linux, and of the cell itself.

check_link() {
  if ! jailhouse_enabled; then
    later "the device is there once Jailhouse is enabled (canwarden up)"
    return
  fi
  check_device=$(link_device)
  if [ -z "$check_device" ]; then
    fault "Jailhouse is enabled, but there is no device $LINK_VENDOR:$LINK_DEVICE of class $DRIVER_ROLE_CLASS or $DEVICE_ROLE_CLASS" \
      'reboot (another root cell was enabled, or it was enabled twice in one boot), then canwarden up'
    return
  fi
  if [ "$(role)" = device ]; then
    check_can_link "$check_device"
    check_control
    return
  fi
  check_driver=$(link_driver "$check_device")
  if [ -n "$check_driver" ] && [ "$check_driver" != uio_ivshmem ]; then
    fault "${check_device##*/} belongs to the driver $check_driver" \
      "echo ${check_device##*/} > /sys/bus/pci/drivers/$check_driver/unbind, then canwarden up"
  elif [ -z "$check_driver" ] && ! module_exists uio_ivshmem && [ ! -d "$UIO_DRIVER" ]; then
    fault 'this kernel has no uio_ivshmem' \
      'use a Jailhouse kernel with CONFIG_UIO_IVSHMEM (docs/agl.md, "Kernel")'
  elif [ -z "$check_driver" ]; then
    fault "${check_device##*/} is not bound to uio_ivshmem" 'canwarden up (it binds the device)'
  elif [ ! -e "$root/dev/$(link_node "$check_device")" ]; then
    fault "uio_ivshmem has ${check_device##*/}, but there is no /dev/$(link_node "$check_device")" \
      'systemctl restart systemd-udevd'
  else
    good "/dev/$(link_node "$check_device") (${check_device##*/})"
    check_control
  fi
}

# The device for status and requests. The bridge carries frames without it, but answers no questions.
check_control() {
  check_device=$(control_device)
  if [ -z "$check_device" ]; then
    fault "there is no device for status and requests ($LINK_VENDOR:$LINK_DEVICE of class $CONTROL_CLASS)" \
      'the root cell is of an older release: npm run deploy, reboot; all else works without it'
    return
  fi
  check_driver=$(link_driver "$check_device")
  if [ -z "$check_driver" ]; then
    fault "${check_device##*/}, for status and requests, is not bound to uio_ivshmem" \
      'canwarden up (it binds the device), systemctl restart canwarden-bridge'
  elif [ "$check_driver" != uio_ivshmem ]; then
    fault "${check_device##*/}, for status and requests, belongs to the driver $check_driver" \
      "echo ${check_device##*/} > /sys/bus/pci/drivers/$check_driver/unbind, then canwarden up"
  elif [ ! -e "$root/dev/$(link_node "$check_device")" ]; then
    fault "uio_ivshmem has ${check_device##*/}, but there is no /dev/$(link_node "$check_device")" \
      'systemctl restart systemd-udevd'
  else
    good "/dev/$(link_node "$check_device") (${check_device##*/}), status and requests"
  fi
}

# control_bound: whether the bridge could serve questions. check_control says why not.
control_bound() {
  control_candidate=$(control_device)
  [ -n "$control_candidate" ] && [ "$(link_driver "$control_candidate")" = uio_ivshmem ] &&
    [ -e "$root/dev/$(link_node "$control_candidate")" ]
}

check_interface() {
  if [ "$(role)" = device ]; then
    check_can_interface
    return
  fi
  check_name=$(interface)
  check_folder="$root/sys/class/net/$check_name"
  if [ ! -d "$check_folder" ]; then
    if [ "${check_name#vcan}" != "$check_name" ] && ! module_exists vcan; then
      fault "there is no $check_name, and this kernel has no module vcan" \
        'build the kernel with CONFIG_CAN_VCAN (docs/agl.md, "Kernel")'
    else
      fault "there is no interface $check_name" \
        "modprobe vcan; ip link add $check_name type vcan; ip link set $check_name up"
    fi
  elif [ "$(first_line "$check_folder/type")" != 280 ]; then
    fault "$check_name is no CAN interface (type $(first_line "$check_folder/type"), CAN is 280)" \
      "correct CANWARDEN_INTERFACE in $SETTINGS_FILE"
  elif ! interface_up "$check_name"; then
    fault "$check_name is down" "ip link set $check_name up"
  else
    good "$check_name is up"
  fi
}

check_bridge() {
  if [ ! -x "$BRIDGE" ]; then
    fault "$BRIDGE is not installed" 'npm run deploy, or the Yocto layer (docs/agl.md)'
  elif bridge_runs && ! bridge_serves && control_bound; then
    fault "canwarden-bridge runs, but has no socket for questions at $BRIDGE_SOCKET" \
      'systemctl restart canwarden-bridge; journalctl -u canwarden-bridge -n 20 says why if it stays so'
  elif bridge_runs; then
    good "$(describe_bridge)"
  elif have systemctl && [ "$(systemctl is-active canwarden-bridge 2>/dev/null)" = failed ]; then
    fault 'canwarden-bridge failed' 'journalctl -u canwarden-bridge -n 20 says why'
  else
    fault 'canwarden-bridge does not run' 'systemctl start canwarden-bridge'
  fi
}

check_cell() {
  check_state=$(cell_state)
  case "$check_state" in
    '') fault "there is no cell '$CELL'" 'canwarden up' ;;
    running | running/locked) ;;
    'shut down') fault 'the cell is shut down' 'canwarden up' ;;
    'Comm ABI mismatch') fault 'the image does not fit this Jailhouse (Comm ABI mismatch)' \
      'the image needs communication region revision 2; use another Jailhouse' ;;
    *) fault "the cell's state is '$check_state'" "$(explain_failure)" ;;
  esac
  # The page belongs to this cell only while it runs. Before, it is from an earlier one.
  case "$check_state" in
    running | running/locked)
      if bridge_serves && check_said=$(said_by_cell); then
        tell_said
        [ "$doctor_said" -ne 0 ] || good 'running; it has said nothing that is wrong'
        return
      fi
      ;;
  esac
  check_said=$(said_at_start)
  tell_said
  [ -z "$check_state" ] || later 'what it said since its start comes from the bridge (canwarden trace)'
}

# tell_said: reports a fault for each status in check_said, with its count.
tell_said() {
  while read -r tell_times tell_line; do
    [ -n "$tell_times" ] || continue
    tell_status=${tell_line##*(status }
    doctor_said_statuses="$doctor_said_statuses ${tell_status%)}"
    tell_often=''
    [ "$tell_times" -eq 1 ] || tell_often=" ($tell_times times)"
    fault "the cell said$tell_often: $tell_line" "$(explain_status "${tell_status%)}")"
  done <<SAID
$check_said
SAID
}

explain_failure() {
  if [ -n "$(start_statuses)" ]; then
    say 'see its own words below, then canwarden down; canwarden up'
  else
    say "jailhouse console (did the hypervisor stop it, 'Parking CPU $CELL_CPU'?), then canwarden down; canwarden up"
  fi
}
