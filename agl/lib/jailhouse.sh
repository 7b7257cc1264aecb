# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The state of Jailhouse and of the kernel in /sys, /proc and /dev. Reads only.
#
# `jailhouse cell list` prints these files of /sys; reading them directly needs no parsing.

JAILHOUSE="$root/sys/devices/jailhouse"
# ivshmem devices of the root cell: vendor and device of ivshmem v2. The link's class is in role.sh.
LINK_VENDOR=0x110a
LINK_DEVICE=0x4106
# The device for status and requests: class 0xff and the protocol 0x4057.
CONTROL_CLASS=0xff4057
UIO_DRIVER="$root/sys/bus/pci/drivers/uio_ivshmem"
SPI_DRIVER="$root/sys/bus/platform/drivers/spi-bcm2835"

jailhouse_enabled() { [ "$(first_line "$JAILHOUSE/enabled")" = 1 ]; }

# cell_folder: the folder of the cell in /sys, or nothing.
cell_folder() {
  for cell_candidate in "$JAILHOUSE"/cells/*; do
    if [ "$(first_line "$cell_candidate/name")" = "$CELL" ]; then
      printf '%s\n' "$cell_candidate"
      return
    fi
  done
}

# cell_state: "running", "running/locked", "shut down", "failed", "Comm ABI mismatch", or nothing.
cell_state() {
  state_folder=$(cell_folder)
  [ -z "$state_folder" ] || first_line "$state_folder/state"
}

# cell_lines: the cell's lines on the hypervisor's console since its last start.
cell_lines() {
  [ -r "$JAILHOUSE/console" ] || return 0
  tr -d '\r' <"$JAILHOUSE/console" | awk -v start="Started cell \"$CELL\"" '
    index($0, start) { count = 0 }
    /^canwarden: / { lines[count++] = $0 }
    END { for (i = 0; i < count; i++) print lines[i] }
  '
}

# start_statuses: status numbers of the last start, each once, in the order of their last line.
start_statuses() { said_at_start | sed 's/^.*(status \([0-9]*\))$/\1/'; }

# said_at_start: prints "TIMES LINE" for each status on the console since the last start. The console holds only
# the start, and 2 KiB in all including the hypervisor's lines.
said_at_start() {
  cell_lines | awk '
    match($0, /\(status [0-9]+\)/) {
      number = substr($0, RSTART + 8, RLENGTH - 9) + 0
      times[number]++
      at[number] = NR
      line[number] = substr($0, 12, RSTART + RLENGTH - 12) }
    END { for (i = 1; i <= NR; i++) for (number in at) if (at[number] == i) print times[number], line[number] }
  '
}

# said_by_cell: the same for all statuses since the start, from the cell's status page, which the bridge reads.
# Fails if there is no answer.
said_by_cell() {
  said_answer=$(ask_bridge status 2>/dev/null) || return 1
  printf '%s\n' "$said_answer" | sed -n 's/^said  *\([0-9]*\) times*: /\1 /p'
}

# cell_revision FILE KIND: the format revision of a Jailhouse file, or nothing if it is another file. KIND is
# JHSYS or JHCEL: revision 13 begins with JHSYST or JHCELL, 14 with JHSYS or JHCLL. The number follows at
# offset 6 in both.
cell_revision() {
  case "$2:$(text_at "$1" 6)" in
    JHSYS:JHSYS* | JHCEL:JHCELL* | JHCEL:JHCLL*) number_at "$1" 6 1 ;;
  esac
}

# kernel_words: the driver's last line in the kernel log.
kernel_words() { dmesg 2>/dev/null | grep -i 'jailhouse' | tail -n 1; }

# spi_owners: devices of the SPI0 page that Linux drives, one per line (SPI3 to SPI6 share the page).
spi_owners() {
  for spi_candidate in "$root"/sys/bus/spi/drivers/mcp251x/spi*; do
    [ ! -e "$spi_candidate" ] || printf 'mcp251x/%s\n' "${spi_candidate##*/}"
  done
  for spi_candidate in "$SPI_DRIVER"/fe204*.spi; do
    [ ! -e "$spi_candidate" ] || printf 'spi-bcm2835/%s\n' "${spi_candidate##*/}"
  done
}

# shared_device CLASS: the /sys folder of the shared-memory device of that class, or nothing.
shared_device() {
  for shared_candidate in "$root"/sys/bus/pci/devices/*; do
    if [ "$(first_line "$shared_candidate/vendor")" = "$LINK_VENDOR" ] &&
      [ "$(first_line "$shared_candidate/device")" = "$LINK_DEVICE" ] &&
      [ "$(first_line "$shared_candidate/class")" = "$1" ]; then
      printf '%s\n' "$shared_candidate"
      return
    fi
  done
}
control_device() { shared_device "$CONTROL_CLASS"; }

# link_driver DEVICE: the name of its driver, or nothing.
link_driver() {
  [ ! -e "$1/driver" ] || basename "$(readlink "$1/driver")"
}

# link_node DEVICE: "uio0", or nothing while no uio driver is bound.
link_node() {
  for node_candidate in "$1"/uio/uio*; do
    [ ! -e "$node_candidate" ] || printf '%s\n' "${node_candidate##*/}"
  done
}

# module_exists NAME: whether this kernel has the module, loaded, built in or as a file. Busybox's modprobe cannot
# answer this, so the kernel's own lists are read.
module_exists() {
  [ ! -d "$root/sys/module/$1" ] || return 0
  exists_name=$(printf '%s' "$1" | sed 's/[-_]/[-_]/g')
  for exists_list in "$root/lib/modules/$(uname -r)"/modules.dep \
    "$root/lib/modules/$(uname -r)"/modules.builtin; do
    if [ -r "$exists_list" ] &&
      grep -Eq "^([^:]*/)?$exists_name\\.ko(\\.(gz|xz|zst))?(:|\$)" "$exists_list"; then
      return 0
    fi
  done
  return 1
}

# interface_up NAME: whether the flag IFF_UP is set.
interface_up() {
  interface_flags=$(first_line "$root/sys/class/net/$1/flags")
  [ -n "$interface_flags" ] && [ $((interface_flags & 1)) -eq 1 ]
}

bridge_runs() { pidof canwarden-bridge >/dev/null 2>&1; }
bridge_serves() { [ -S "$BRIDGE_SOCKET" ]; }
