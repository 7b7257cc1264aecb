// SPDX-License-Identifier: MIT
/**
 * Commands of a faked board, as shell scripts: they log what they were asked, and change the faked
 * /sys under CANWARDEN_ROOT as the real ones would.
 *
 * What they shall do differently stands in files of `$CANWARDEN_ROOT/fake`: `fail-<command>` makes
 * one fail. modprobe is busybox's, which has no -n. Sources: `jailhouse --help` of v0.12, Jailhouse
 * driver/sysfs.c for the files of /sys.
 */

const PROLOGUE = `#!/bin/sh
fake="$CANWARDEN_ROOT/fake"
sys="$CANWARDEN_ROOT/sys"
name=\${0##*/}
log() { printf '%s' "$name"; for word in "$@"; do printf ' %s' "[$word]"; done; printf '\\n'; }
`;

const JAILHOUSE = `
log "$@" >> "$fake/log"
key="fail-$1"
[ "$1" = cell ] && key="fail-cell-$2"
if [ -e "$fake/$key" ]; then cat "$fake/$key" >&2; exit 1; fi
cell="$sys/devices/jailhouse/cells/1"
case "$1 \${2:-}" in
  enable*)
    echo 1 > "$sys/devices/jailhouse/enabled"
    [ -e "$fake/no-link" ] || {
      device="$sys/bus/pci/devices/0001:00:00.0"; mkdir -p "$device"
      echo 0x110a > "$device/vendor"; echo 0x4106 > "$device/device"
      cat "$fake/link-class" 2>/dev/null > "$device/class" || echo 0xffc024 > "$device/class"; }
    [ -e "$fake/no-control" ] || {
      device="$sys/bus/pci/devices/0001:00:02.0"; mkdir -p "$device"
      echo 0x110a > "$device/vendor"; echo 0x4106 > "$device/device"; echo 0xff4057 > "$device/class"; }
    ;;
  'cell create')
    mkdir -p "$cell"; echo canwarden > "$cell/name"; echo 'shut down' > "$cell/state"
    echo 3 > "$cell/cpus_assigned_list"; echo 0 > "$sys/devices/system/cpu/cpu3/online" ;;
  'cell load') echo 'shut down' > "$cell/state"; printf '%s' "$4" > "$fake/loaded" ;;
  'cell shutdown') echo 'shut down' > "$cell/state" ;;
  'cell start')
    echo 'Started cell "canwarden"' >> "$sys/devices/jailhouse/console"
    case "$(cat "$fake/loaded")" in
      *selftest.bin)
        cat "$fake/test-console" >> "$sys/devices/jailhouse/console"
        echo 'shut down' > "$cell/state" ;;
      *)
        cat "$fake/start-console" >> "$sys/devices/jailhouse/console"
        cat "$fake/start-state" > "$cell/state" ;;
    esac ;;
  'cell destroy') rm -r "$cell"; echo 1 > "$sys/devices/system/cpu/cpu3/online" ;;
  *) echo "fake jailhouse: unknown: $*" >&2; exit 1 ;;
esac
`;

const MODPROBE = `
log "$@" >> "$fake/log"
case "$1" in -*) echo "modprobe: invalid option -- '\${1#-}'" >&2; exit 1 ;; esac
for last in "$@"; do :; done
grep -q "/$last[.]ko" "$CANWARDEN_ROOT/lib/modules/5.10.0-agl/modules.dep" ||
  { echo "modprobe: module $last not found" >&2; exit 1; }
mkdir -p "$sys/module/$last"
case "$last" in
  jailhouse) [ -e "$fake/no-node" ] || : > "$CANWARDEN_ROOT/dev/jailhouse" ;;
  virtio_ivshmem) mkdir -p "$sys/bus/pci/drivers/virtio-ivshmem" ;;
  virtio_can) mkdir -p "$sys/bus/virtio/drivers/virtio_can" ;;
  uio_ivshmem) mkdir -p "$sys/bus/pci/drivers/uio_ivshmem"; : > "$sys/bus/pci/drivers/uio_ivshmem/new_id" ;;
esac
`;

// Linux's interface of the link: the flag IFF_UP (0x1) of its file changes as `ip` would change it.
const IP = `
log "$@" >> "$fake/log"
if [ "$4" = type ]; then [ ! -e "$fake/busybox-ip" ]; exit; fi
if [ -e "$fake/fail-ip-$4" ]; then echo 'RTNETLINK answers: Input/output error' >&2; exit 2; fi
case "$4" in
  up) echo 0x41 > "$sys/class/net/$3/flags" ;;
  down) echo 0x40 > "$sys/class/net/$3/flags" ;;
esac
`;

const BRIDGE = `
[ "$*" = '--ask status' ] || log "$@" >> "$fake/log"
if [ -e "$fake/fail-bridge" ]; then
  cat "$fake/fail-bridge" >&2; exit "$(cat "$fake/fail-bridge-status" 2>/dev/null || echo 2)"; fi
# The first answer is fake/json, all later ones fake/json-next.
if [ "$*" = '--ask status --json' ] && [ -e "$fake/json" ]; then
  cat "$fake/json"; [ ! -e "$fake/json-next" ] || cp "$fake/json-next" "$fake/json"; exit 0; fi
echo "the bridge's answer to $*"
if [ "$*" = '--ask status' ]; then cat "$fake/said" 2>/dev/null; exit 0; fi
`;

/** Scripts on the PATH, by name. */
export const COMMANDS: Readonly<Record<string, string>> = {
  jailhouse: PROLOGUE + JAILHOUSE,
  modprobe: PROLOGUE + MODPROBE,
  ip: PROLOGUE + IP,
  dmesg: `${PROLOGUE}cat "$fake/dmesg"\n`,
  id: `${PROLOGUE}cat "$fake/user"\n`,
  pidof: `${PROLOGUE}[ -e "$fake/bridge-runs" ]\n`,
  // What the kernel does meanwhile stands in fake/while-asleep; the sleep number fake/sleeps fails.
  sleep: `${PROLOGUE}
[ ! -e "$fake/while-asleep" ] || . "$fake/while-asleep"
[ -e "$fake/sleeps" ] || exit 0
left=$(cat "$fake/sleeps"); echo $((left - 1)) > "$fake/sleeps"; [ "$left" -gt 1 ]
`,
  systemctl: `${PROLOGUE}cat "$fake/bridge-unit"\n`,
  uname: 'echo 5.10.0-agl\n',
};

/** /usr/bin/canwarden-bridge of the board. */
export const BRIDGE_PROGRAM = PROLOGUE + BRIDGE;
