// SPDX-License-Identifier: MIT
/**
 * The commands of the board that is only played, as shell scripts: each passes its words on to the twin
 * (service.ts), and prints what comes back.
 *
 * Words go through one pipe, the working directory first, separated by tabs; the answer comes through another, a line each: `o` and `e` in front
 * of standard output and error, `x` with the exit status at the end.
 * Does not: know what a command does.
 */
const ASK = `#!/bin/sh
fake="$CANWARDEN_ROOT/fake"
line="$PWD$(printf '\\t')\${0##*/}"
for word in "$@"; do line="$line$(printf '\\t')$word"; done
printf '%s\\n' "$line" > "$fake/ask"
# Without a last line it was the end of the answer before: its writer had not closed the pipe yet.
while [ -p "$fake/answer" ]; do
  while IFS= read -r line; do
    case "$line" in
      o*) printf '%s\\n' "\${line#o}" ;;
      e*) printf '%s\\n' "\${line#e}" >&2 ;;
      x*) exit "\${line#x}" ;;
    esac
  done < "$fake/answer"
done
exit 1
`;

/** Commands that the twin carries out, on the PATH. */
const ASKED = ['jailhouse', 'modprobe', 'systemctl', 'sleep', 'bus'] as const;

/** Scripts on the PATH, by name. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(ASKED.map((name) => [name, ASK])),
  canwarden: `#!/bin/sh\nexec \${CANWARDEN_SHELL:-sh} "$CANWARDEN_ROOT/usr/bin/canwarden" "$@"\n`,
  dmesg: '#!/bin/sh\nexit 0\n',
  // Who plays it is root on that board.
  id: '#!/bin/sh\necho 0\n',
  ip: '#!/bin/sh\nexit 0\n',
  pidof: '#!/bin/sh\n[ -e "$CANWARDEN_ROOT/fake/bridge-runs" ]\n',
  uname: '#!/bin/sh\necho 5.10.0-agl\n',
};

/** /usr/bin/canwarden-bridge: its client alone. */
export const BRIDGE_CLIENT = ASK;
