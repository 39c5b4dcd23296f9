/**
 * What a cell's text says without asking the kernel: its step's name, and whether it was edited.
 *
 * Pure functions over text, so that a badge can say "stale" while somebody types. The kernel's
 * normal form is the truth about a step's code; this is the cheap part of it (comments on their
 * own line, blank lines, trailing blanks, the marker's options), and errs towards "stale".
 */

import type { CellLine, NotebookView, Status } from './views/contract';

const MARKER = /^%{1,2}step(?:[ \t]+([A-Za-z_][\w.-]{0,99}))?(?=[ \t]|$)/;

/** The step's name if the first code line marks one; "" if it is marked without a name. */
export function stepName(source: string): string | null {
  for (const line of source.split('\n')) {
    const text = line.trim();
    if (text === '' || (text.startsWith('#') && !text.startsWith('#!'))) {
      continue;
    }
    const found = MARKER.exec(line.trimEnd());
    return found ? (found[1] ?? '') : null;
  }
  return null;
}

/** The text with what cannot matter taken out; strings over several lines are left alone. */
export function essence(source: string): string {
  const lines = source.replace(/\r\n?/g, '\n').split('\n');
  const verbatim = /'''|"""/.test(source);
  return lines
    .map(line => line.trimEnd())
    .filter(line => verbatim || (line !== '' && !line.trimStart().startsWith('#')))
    .join('\n')
    .trim();
}

export interface Seen {
  status: Status;
  why: string;
}

/**
 * The state with what the page knows on top: an edited step is stale, and so is all below it.
 * `texts` maps a step's name to its cell's text now. Running steps stay running.
 */
export function overlaid(state: NotebookView, texts: ReadonlyMap<string, string>): NotebookView {
  const stale = staleSteps(state.cells, texts);
  if (!stale.size) {
    return state;
  }
  const shown = <T extends { name: string; status: Status; why: string }>(item: T): T => {
    const why = stale.get(item.name);
    return why !== undefined && item.status !== 'running' ? { ...item, status: 'stale', why } : item;
  };
  return {
    ...state,
    cells: state.cells.map(shown),
    graph: state.graph && { ...state.graph, nodes: state.graph.nodes.map(shown) }
  };
}

/** Why each stale step is stale: edited itself, or below one that was. */
export function staleSteps(
  cells: readonly CellLine[],
  texts: ReadonlyMap<string, string>
): Map<string, string> {
  const stale = new Map<string, string>();
  for (const cell of cells) {
    const text = texts.get(cell.name);
    const executed = cell.status !== 'waiting' && cell.source !== '';
    if (executed && text !== undefined && essence(text) !== essence(cell.source)) {
      stale.set(cell.name, 'edited since it ran');
    }
  }
  for (let grown = stale.size > 0; grown; ) {
    grown = false;
    for (const cell of cells) {
      const above = cell.upstream.find(name => stale.has(name));
      if (above !== undefined && !stale.has(cell.name) && cell.status !== 'waiting') {
        stale.set(cell.name, `${above} was edited`);
        grown = true;
      }
    }
  }
  return stale;
}
