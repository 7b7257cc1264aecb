// SPDX-License-Identifier: MIT
/** Dark or light: as the system has it, until the user chooses. */
import { button } from './elements.ts';

/** Calls `onChange` whenever the colours are others. */
export function followTheme(onChange: () => void): void {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', onChange);
  button('theme').onclick = () => {
    const isDark =
      root.dataset.theme === undefined ? system.matches : root.dataset.theme === 'dark';
    root.dataset.theme = isDark ? 'light' : 'dark';
    onChange();
  };
}
