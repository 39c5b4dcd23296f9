/**
 * The contract as the inline widget reads it: from its own kernel, never from a saved file.
 *
 * The extension checks saved JSON field by field (src/views/contract.ts). A widget's messages are
 * made by this very version of zenbook, so here every text is made plain and every list is held
 * to its cap, whatever its field; that is 2.5 kB less in the bundle.
 */

import type { Status, View } from '../src/views/contract';
import { GLYPHS } from '../src/views/words';
import { CHARACTERS, LENGTH, plain, refuse } from '../src/views/shape';

export const STATUSES = Object.keys(GLYPHS) as Status[];

/** The View in this message; throws a TypeError if it is none. */
export function parseView(json: unknown): View {
  const view = clean(json) as View;
  return typeof view?.kind === 'string' && view.schema === 1 ? view : refuse('kind or schema');
}

function clean(json: unknown): unknown {
  if (typeof json === 'string') {
    return plain(json.slice(0, CHARACTERS));
  }
  if (Array.isArray(json)) {
    return json.slice(0, LENGTH).map(clean);
  }
  return json && typeof json === 'object'
    ? Object.assign(
        Object.create(null),
        Object.fromEntries(Object.entries(json).map(([name, item]) => [plain(name), clean(item)]))
      )
    : json;
}
