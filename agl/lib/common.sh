# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Paths, settings and messages for all parts of the helper.

EXIT_FAILED=1
EXIT_USAGE=2
EXIT_NOT_RUNNING=3

root=${CANWARDEN_ROOT:-}
CELL=canwarden
CELL_CPU=3
# Addresses where the cell expects its command line and its rule table (docs/board-commands.md).
COMMAND_LINE_ADDRESS=0x1000
COMMAND_LINE_BYTES=256
RULES_ADDRESS=0x100000
RULES_BYTES_MOST=65536

SETTINGS_FILE="$root/etc/default/canwarden"
CELLS_FOLDER="$root/usr/share/jailhouse/cells"
ROOT_CELL="$CELLS_FOLDER/rpi4-root.cell"
IMAGE="$root/usr/share/jailhouse/inmates/canwarden.bin"
RULES="$root/lib/firmware/canwarden/rules.bin"
STATUS_NUMBERS="$lib/status-numbers.txt"
BRIDGE="$root/usr/bin/canwarden-bridge"
BRIDGE_SOCKET="$root/run/canwarden/bridge.sock"

say() { printf '%s\n' "$*"; }

# warn WHAT [CAUSE] [NEXT]: prints a message in the form of every error here.
warn() {
  printf 'canwarden: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf '  Cause: %s\n' "$2" >&2
  [ -z "${3:-}" ] || printf '  Next:  %s\n' "$3" >&2
}

# fail WHAT [CAUSE] [NEXT]: prints the message and ends.
fail() {
  warn "$@"
  exit "$EXIT_FAILED"
}

# setting NAME DEFAULT: the value in /etc/default/canwarden. systemd reads the file, too, so it is data and is
# not executed.
setting() {
  setting_value=''
  if [ -r "$SETTINGS_FILE" ]; then
    setting_value=$(sed -n "s/^$1=//p" "$SETTINGS_FILE" | tail -n 1 |
      sed -e 's/[[:space:]]*$//' -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/")
  fi
  printf '%s\n' "${setting_value:-$2}"
}

cell_options() { setting CANWARDEN_CELL_OPTIONS 'bitrate=500000 osc=auto'; }

# The cell in its two forms; the second one may sleep (idle=wfi), see docs/settings.md.
GUARD_CELL="$CELLS_FOLDER/rpi4-canwarden.cell"
case " $(cell_options) " in
  *' idle=wfi '*) GUARD_CELL="$CELLS_FOLDER/rpi4-canwarden-wfi.cell" ;;
esac

need_root() {
  [ "$(id -u)" = 0 ] || fail "'$1' needs root: it talks to /dev/jailhouse." '' "sudo canwarden $1"
}

# have COMMAND: whether it is on the PATH.
have() { command -v "$1" >/dev/null 2>&1; }

# first_line FILE: its first line, or nothing.
# Writes lines over the screen before, so that a slow one does not flicker. $screen_size: what `stty size` says, if
# anything; a serial console may say 0 0. A line that wraps, or one below the last, would push the screen up.
renew_screen() {
  printf '\033[H'
  awk -v size="${screen_size:-0 0}" '
    BEGIN { split(size, most, " ") }
    most[1] > 0 && NR >= most[1] { next }
    { printf "\033[K%s\n", (most[2] > 0 ? substr($0, 1, most[2]) : $0) }'
  printf '\033[J'
}

first_line() { [ ! -r "$1" ] || head -n 1 "$1" 2>/dev/null; }

# number_at FILE OFFSET BYTES: an unsigned number of 1, 2 or 4 bytes, little-endian.
number_at() {
  od -A n -t u1 -j "$2" -N "$3" "$1" 2>/dev/null |
    awk '{ for (i = NF; i > 0; i--) value = value * 256 + $i } END { if (NR) print value }'
}

# text_at FILE BYTES: the first bytes of a file as text.
text_at() { dd if="$1" bs=1 count="$2" 2>/dev/null | tr -d '\000'; }

# explain_status NUMBER: prints "name: meaning. Next step", from the table behind the troubleshooting guide.
explain_status() {
  awk -F '|' -v number="$1" '
    $1 == number { print "status " $1 " " $2 ": " $3 ". " $4; found = 1 }
    END { if (!found) print "status " number ": not in the table of this helper; is it older than the image?" }
  ' "$STATUS_NUMBERS"
}
