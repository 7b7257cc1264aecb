// SPDX-License-Identifier: MIT
/** Logs that are dropped onto the page, or chosen. */
import { element } from './elements.ts';

/** Calls `onLog` with each file. */
export function watchDrops(onLog: (name: string, bytes: Uint8Array) => void): void {
  const take = (files: FileList | null | undefined): void => {
    for (const file of files ?? []) {
      void file.arrayBuffer().then((bytes) => onLog(file.name, new Uint8Array(bytes)));
    }
  };
  const input = element('replay', HTMLInputElement);
  input.onchange = () => {
    take(input.files);
    input.value = '';
  };
  const { body } = document;
  // Without this the browser would open the file itself.
  body.addEventListener('dragover', (event) => {
    event.preventDefault();
    body.classList.add('dropping');
  });
  body.addEventListener('dragleave', () => body.classList.remove('dropping'));
  body.addEventListener('drop', (event) => {
    event.preventDefault();
    body.classList.remove('dropping');
    take(event.dataTransfer?.files);
  });
}
