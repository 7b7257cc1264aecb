// SPDX-License-Identifier: MIT
/** The page's elements by their ids, and the small things that are done to them. */

/** The element. Throws if the page has none of this id and kind. */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} "${id}"`);
}

export function button(id: string): HTMLButtonElement {
  return element(id, HTMLButtonElement);
}

/** A table row of plain texts. */
export function row(texts: readonly string[], className = ''): HTMLTableRowElement {
  const made = document.createElement('tr');
  made.className = className;
  for (const text of texts) made.insertCell().textContent = text;
  return made;
}

/** A table that unfolds below a picture, with its numbers. Returns the place of its rows. */
export function tableBelow(
  picture: HTMLElement,
  name: string,
  heads: readonly string[],
): HTMLTableSectionElement {
  const details = document.createElement('details');
  details.append(Object.assign(document.createElement('summary'), { textContent: 'As a table' }));
  const place = document.createElement('div');
  place.className = 'scroll';
  place.tabIndex = 0;
  place.role = 'region';
  place.ariaLabel = `${name} as a table`;
  const table = document.createElement('table');
  table
    .createTHead()
    .insertRow()
    .append(
      ...heads.map((text) =>
        Object.assign(document.createElement('th'), { scope: 'col', textContent: text }),
      ),
    );
  place.append(table);
  details.append(place);
  picture.after(details);
  const body = table.createTBody();
  body.id = `${picture.id}-rows`;
  return body;
}

/** Lets the user save bytes as a file. */
export function save(name: string, bytes: Uint8Array<ArrayBuffer> | string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A colour of the style sheet, as it is now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** `12.3`, in microseconds. */
export function micros(nanos: number | undefined): string {
  return nanos === undefined ? '' : (nanos / 1000).toFixed(1);
}
