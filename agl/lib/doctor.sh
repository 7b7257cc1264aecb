# shellcheck shell=sh
# doctor: everything that can be wrong, in the order in which one thing needs the other.
#
# Used by: /usr/bin/canwarden. Changes nothing. This file: the list, and the checks of Jailhouse, memory,
# CPU and SPI; link-checks.sh has the ones of the link and the cell.

# All physical memory that the two cells take: cell RAM, shared memory, hypervisor.
RESERVED_START=0x0a000000
RESERVED_END=0x0b000000

doctor_faults=0
doctor_number=0
doctor_name=''
doctor_said=0

# good TEXT / fault WHAT CURE / later TEXT: the findings of one check.
finding() {
  finding_head=''
  [ "$doctor_said" -ne 0 ] || finding_head="$doctor_number $doctor_name"
  doctor_said=1
  printf '%-14s %-6s %s\n' "$finding_head" "$1" "$2"
}
good() { finding ok "$1"; }
later() { finding later "$1"; }
fault() {
  doctor_faults=$((doctor_faults + 1))
  finding FAULT "$1"
  printf '%-14s %-6s %s\n' '' 'Fix:' "$2"
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
  check jailhouse check_jailhouse
  check memory check_memory
  check cpu check_cpu
  check spi check_spi
  check "$(link_module)" check_link
  check "$(interface)" check_interface
  check bridge check_bridge
  check cell check_cell
  if [ "$doctor_faults" -eq 0 ]; then
    say 'doctor: no fault found'
    return
  fi
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

# The driver takes exactly one revision and has no way to ask for it. What was built with it, the
# stock cells of the same package, shows it; so does the kernel log after a refusal.
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

check_memory() {
  memory_taken=$(sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM$/\1 \2/p' "$root/proc/iomem" |
    while read -r memory_first memory_last; do
      if [ $((0x$memory_first)) -lt $((RESERVED_END)) ] &&
        [ $((0x$memory_last)) -ge $((RESERVED_START)) ]; then
        say "$memory_first-$memory_last"
      fi
    done)
  if ! grep -q 'System RAM' "$root/proc/iomem"; then
    fault '/proc/iomem names no System RAM' 'run canwarden doctor as root, on the board itself'
  elif [ -n "$memory_taken" ]; then
    fault "Linux uses memory of the cells, $RESERVED_START to $RESERVED_END (System RAM $memory_taken)" \
      "reserve $RESERVED_START to $RESERVED_END no-map (docs/agl.md, \"Memory\"), reboot"
  else
    good "$RESERVED_START to $RESERVED_END is not System RAM"
  fi
}

# list_has LIST NUMBER: whether a list like "0-2,4" has a number.
list_has() {
  printf '%s\n' "$1" | awk -F , -v number="$2" '
    { for (i = 1; i <= NF; i++) { count = split($i, range, "-")
        if (number + 0 >= range[1] + 0 && number + 0 <= range[count] + 0) found = 1 } }
    END { exit !found }'
}

check_cpu() {
  cpu_folder="$root/sys/devices/system/cpu/cpu$CELL_CPU"
  for cpu_cell in "$JAILHOUSE"/cells/*; do
    cpu_name=$(first_line "$cpu_cell/name")
    if [ -n "$cpu_name" ] && [ "$cpu_cell" != "$JAILHOUSE/cells/0" ] && [ "$cpu_name" != "$CELL" ] &&
      list_has "$(first_line "$cpu_cell/cpus_assigned_list")" "$CELL_CPU"; then
      fault "the cell '$cpu_name' has CPU $CELL_CPU" "jailhouse cell destroy $cpu_name"
      return
    fi
  done
  if [ -n "$(cell_state)" ]; then
    good "CPU $CELL_CPU belongs to the cell"
  elif [ ! -d "$cpu_folder" ]; then
    fault "this kernel has no CPU $CELL_CPU" 'take maxcpus= and nr_cpus= out of cmdline.txt'
  elif [ ! -e "$cpu_folder/online" ]; then
    fault "CPU $CELL_CPU cannot be switched off, so Linux cannot give it away" \
      'config.txt: armstub=bl31.bin (TF-A, for PSCI) and enable_gic=1; kernel: CONFIG_HOTPLUG_CPU'
  elif [ "$(first_line "$cpu_folder/online")" != 1 ]; then
    fault "CPU $CELL_CPU is offline, and Jailhouse wants all at first" "echo 1 > $cpu_folder/online"
  else
    good "CPU $CELL_CPU is online and can be switched off"
  fi
}

check_spi() {
  spi_found=$(spi_owners)
  if [ -z "$spi_found" ]; then
    good 'no driver of Linux has the page of SPI0'
    return
  fi
  for spi_owner in $spi_found; do
    case "$spi_owner" in
      mcp251x/*) fault "Linux' driver mcp251x has ${spi_owner#*/}" \
        'take dtoverlay=mcp2515... out of config.txt, reboot' ;;
      */fe204000.spi) fault "Linux' driver spi-bcm2835 has SPI0 (fe204000.spi)" \
        'take dtparam=spi=on out of config.txt, reboot' ;;
      *) fault "Linux' driver spi-bcm2835 has ${spi_owner#*/}, on the same page as SPI0" \
        'take the spi3 to spi6 overlay out of config.txt, reboot' ;;
    esac
  done
}
