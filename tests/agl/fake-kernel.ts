// SPDX-License-Identifier: MIT
/**
 * The part of Linux that binds virtio-ivshmem and unbinds it, for a faked board: `bind` and `unbind` are
 * pipes, and two shells do what the kernel would.
 *
 * As in virtio_ivshmem a bind is without effect while the cell is not READY: here, as often as
 * `fake/not-ready` says. What is unbound while its interface is up hangs: the shell notes it in
 * `fake/hung`.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { type FakeBoard, LINK } from './fake-board.ts';

const DRIVER = 'sys/bus/pci/drivers/virtio-ivshmem';
const UNBIND = `
exec 3<> ${DRIVER}/unbind
while read address <&3; do
  if [ "$address" = idle ]; then : > fake/unbind-idle; continue; fi
  if [ "$(cat sys/class/net/can0/flags)" = 0x41 ] && [ "$(cat ${LINK}/virtio0/status)" = 0x0000000f ]; then
    echo "$address" >> fake/hung
  fi
  echo "unbind $address" >> fake/log
  rm -rf ${LINK}/virtio0 sys/class/net/can0 ${LINK}/driver
done`;
const BIND = `
exec 3<> ${DRIVER}/bind
while read address <&3; do
  if [ "$address" = idle ]; then : > fake/bind-idle; continue; fi
  echo "bind $address" >> fake/log
  left=$(cat fake/not-ready 2>/dev/null || echo 0)
  if [ "$left" -gt 0 ]; then echo $((left - 1)) > fake/not-ready; continue; fi
  mkdir -p sys/class/net/can0 ${LINK}/virtio0/net/can0
  echo 0x40 > sys/class/net/can0/flags
  echo 280 > sys/class/net/can0/type
  echo 0x0000000f > ${LINK}/virtio0/status
  ln -s ../../drivers/virtio-ivshmem ${LINK}/driver
done`;

const shells: ChildProcess[] = [];
after(() => {
  for (const shell of shells) shell.kill('SIGKILL');
});

/**
 * For fake/while-asleep: whoever sleeps wakes when the kernel has done what was written to it, however
 * long this takes here. The kernel reads in order, so that a word that it has read is behind the rest.
 */
export const KERNEL_ACTS = `
for file in unbind bind; do
  rm -f "$fake/$file-idle"
  echo idle > "$CANWARDEN_ROOT/${DRIVER}/$file"
  until [ -e "$fake/$file-idle" ]; do /bin/sleep 0.01; done
done
`;

/** Gives the board a kernel with virtio_ivshmem and virtio_can. */
export function withKernel(board: FakeBoard): FakeBoard {
  const { root } = board;
  mkdirSync(join(root, DRIVER), { recursive: true });
  mkdirSync(join(root, 'sys/bus/virtio/drivers/virtio_can'), { recursive: true });
  for (const [name, script] of [
    ['unbind', UNBIND],
    ['bind', BIND],
  ]) {
    spawnSync('mkfifo', [join(root, DRIVER, name)]);
    shells.push(spawn('sh', ['-c', script], { cwd: root, stdio: 'ignore' }));
  }
  return board.write('fake/while-asleep', KERNEL_ACTS);
}
