# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Checks of the board before Jailhouse is enabled or the cell starts: memory, CPU and SPI, which can stop
# the board, and the clock, which only delays answers.
#
# Each check calls `good TEXT`, `later TEXT` or `fault WHAT CURE`, which the caller defines.

# Memory of the two cells, by first and last address (cell-config/rpi4-layout.ts).
CELL_MEMORY='0x0a000000 0x0a1fffff'
SHARED_MEMORY='0x0aa00000 0x0abfffff'
HYPERVISOR_MEMORY='0x0ac00000 0x0affffff'
RESERVATION='0x0a000000 to 0x0b000000'
RESERVATION_NODES="$root/proc/device-tree/reserved-memory"
RESERVATION_NODE=canwarden@a000000
CLOCK_POLICY="$root/sys/devices/system/cpu/cpufreq/policy0"

# ram_inside FIRST LAST: prints the System RAM of Linux that overlaps the range, from /proc/iomem.
ram_inside() {
  sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM$/\1 \2/p' "$root/proc/iomem" |
    while read -r memory_first memory_last; do
      if [ $((0x$memory_first)) -le $(($2)) ] && [ $((0x$memory_last)) -ge $(($1)) ]; then
        say "$memory_first-$memory_last"
      fi
    done
}

# memory_taken: names the parts of the memory that Linux uses.
memory_taken() {
  # Each variable is two words.
  # shellcheck disable=SC2086
  {
    [ -z "$(ram_inside $CELL_MEMORY)" ] || say "the cell's RAM"
    [ -z "$(ram_inside $SHARED_MEMORY)" ] || say 'the shared memory'
    [ -z "$(ram_inside $HYPERVISOR_MEMORY)" ] || say "the hypervisor's memory"
  } | awk '{ printf "%s%s", separator, $0; separator = ", " }'
}

check_memory() {
  memory_ram=$(ram_inside "${CELL_MEMORY% *}" "${HYPERVISOR_MEMORY#* }" | tr '\n' ' ')
  memory_ram=${memory_ram% }
  if ! grep -q 'System RAM' "$root/proc/iomem"; then
    fault '/proc/iomem names no System RAM' 'run canwarden doctor as root, on the board itself'
  elif grep -q '^00*-00* : System RAM' "$root/proc/iomem"; then
    fault '/proc/iomem hides its addresses' 'run canwarden doctor as root, on the board itself'
  elif [ -n "$memory_ram" ]; then
    fault "Linux uses memory of the cells, $RESERVATION (System RAM $memory_ram): $(memory_taken)" \
      "$(memory_cure)"
  else
    good "$RESERVATION is not System RAM"
  fi
}

# The device tree that Linux was given shows the cause of a missing reservation.
memory_cure() {
  if [ ! -d "$RESERVATION_NODES" ]; then
    say "reserve $RESERVATION no-map (docs/agl.md, \"Memory\"), reboot"
  elif [ -d "$RESERVATION_NODES/$RESERVATION_NODE" ]; then
    say "the device tree reserves it and Linux does not: dmesg | grep -i reserved; is CMA too large? (docs/agl.md, \"Memory\")"
  else
    say "reserve $RESERVATION no-map (docs/agl.md, \"Memory\"), reboot; if canwarden.dtbo is in config.txt already, U-Boot has given Linux another device tree (docs/agl.md, \"U-Boot\")"
  fi
}

# list_has LIST NUMBER: whether a list such as "0-2,4" contains a number.
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

# The firmware leaves the cores' clock to Linux. Linux lowers it while its own cores are idle, and the cell's
# core follows.
check_clock() {
  if [ ! -r "$CLOCK_POLICY/scaling_min_freq" ]; then
    later 'this kernel does not show the clock of the cores; force_turbo=1 in config.txt fixes it'
    return
  fi
  clock_least=$(first_line "$CLOCK_POLICY/scaling_min_freq")
  clock_most=$(first_line "$CLOCK_POLICY/scaling_max_freq")
  clock_best=$(first_line "$CLOCK_POLICY/cpuinfo_max_freq")
  clock_governor=$(first_line "$CLOCK_POLICY/scaling_governor")
  if [ "$clock_most" -lt "${clock_best:-$clock_most}" ]; then
    fault "Linux keeps the cores at $((clock_most / 1000)) MHz at most, they can do $((clock_best / 1000))" \
      "echo $clock_best > $CLOCK_POLICY/scaling_max_freq; 'canwarden measure --stop' says which promised times hold without it"
  elif [ "$clock_least" -eq "$clock_most" ] || [ "$clock_governor" = performance ]; then
    good "the clock of the cores stays at $((clock_most / 1000)) MHz"
  else
    fault "Linux changes the clock of the cores ($clock_governor, $((clock_least / 1000)) to $((clock_most / 1000)) MHz)" \
      "force_turbo=1 in config.txt, reboot; until then: echo performance > $CLOCK_POLICY/scaling_governor; 'canwarden measure --stop' says which promised times hold, and whether the clock changes"
  fi
}
