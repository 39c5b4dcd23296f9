/**
 * A badge on every step cell: glyph, word and why, for eyes and for screen readers.
 *
 * The badge lives in the cell's header, which every cell has and nothing else uses. Cells come
 * and go with scrolling (windowed notebooks), so badges are put back whenever a cell is attached.
 */

import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { overlaid, stepName } from './cells';
import type { KernelLink, Standing } from './link';
import type { CellLine, NotebookView } from './views/contract';
import { GLYPHS, secondsText, word as wordOf } from './views/words';

const PAUSE = 60;
const WHAT_TO_DO: Record<Standing, string> = {
  none: 'start the kernel and run %load_ext zenbook',
  asked: 'waiting for the kernel',
  bare: 'run %load_ext zenbook',
  live: 'run the cell to keep its result'
};

export class Badges implements IDisposable {
  constructor(
    private panel: NotebookPanel,
    private link: KernelLink,
    private onOpen: (step: string) => void
  ) {
    panel.content.model?.cells.changed.connect(this.later, this);
    panel.content.model?.sharedModel.changed.connect(this.later, this);
    panel.content.cellInViewportChanged?.connect(this.later, this);
    panel.content.modelContentChanged.connect(this.later, this);
    link.stateChanged.connect(this.later, this);
    link.standingChanged.connect(this.later, this);
    this.later();
  }

  /** The state with this page's edits on top; told whenever it may have changed. */
  readonly shownChanged = new Signal<this, NotebookView | null>(this);
  shown: NotebookView | null = null;
  enabled = true;

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    clearTimeout(this.timer);
    Signal.disconnectReceiver(this);
    Signal.clearData(this);
  }

  /** The widget of the cell that holds this step, if the notebook has one. */
  cellOf(step: string): Cell<ICellModel> | null {
    const found = this.panel.content.widgets.filter(cell => nameOf(cell) === step);
    return found.at(-1) ?? null;
  }

  /** Draw soon, once for many changes: a key press costs one timer. */
  later(): void {
    if (!this.disposed && this.timer === undefined) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.draw();
      }, PAUSE);
    }
  }

  private draw(): void {
    if (this.disposed || this.panel.isDisposed) {
      return;
    }
    const state = this.link.standing === 'live' ? this.link.exchange.state : null;
    const cells = this.panel.content.widgets;
    const texts = new Map<string, string>();
    for (const cell of cells) {
      const name = nameOf(cell);
      if (name) {
        texts.set(name, cell.model.sharedModel.getSource());
      }
    }
    this.shown = state && overlaid(state, texts);
    const known = new Map(this.shown?.cells.map(line => [line.name, line]) ?? []);
    for (const cell of cells) {
      this.badge(cell, this.enabled ? nameOf(cell) : null, known);
    }
    this.shownChanged.emit(this.shown);
  }

  private badge(cell: Cell, name: string | null, known: Map<string, CellLine>): void {
    const header = cell.node.querySelector<HTMLElement>(':scope > .jp-CellHeader');
    let badge = this.held.get(cell);
    if (name === null || !header) {
      badge?.remove();
      return;
    }
    if (!badge) {
      badge = this.made(cell);
      this.held.set(cell, badge);
    }
    if (badge.parentElement !== header) {
      header.append(badge);
    }
    fill(badge, name, known.get(name), this.link.standing);
  }

  private made(cell: Cell): HTMLButtonElement {
    const badge = document.createElement('button');
    badge.type = 'button';
    badge.className = 'zb-badge';
    badge.append(...['zb-glyph', 'zb-word', 'zb-step-name', 'zb-note'].map(span));
    badge.addEventListener('click', event => {
      event.stopPropagation();
      this.onOpen(nameOf(cell) ?? '');
    });
    return badge;
  }

  private held = new WeakMap<Cell, HTMLButtonElement>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;
}

function nameOf(cell: Cell): string | null {
  return cell.model.type === 'code' ? stepName(cell.model.sharedModel.getSource()) : null;
}

function span(name: string): HTMLSpanElement {
  const element = document.createElement('span');
  element.className = name;
  return element;
}

/** Write what is known into the badge, as text, and only what changed. */
function fill(
  badge: HTMLButtonElement,
  name: string,
  line: CellLine | undefined,
  standing: Standing
): void {
  const status = line?.status ?? 'waiting';
  const word = line || standing === 'live' ? wordOf(status) : 'not connected';
  const cached = status === 'cached';
  const seconds = cached ? line?.saved : line?.seconds;
  const took = seconds ? `${cached ? 'saved ' : ''}${secondsText(seconds)}` : '';
  const note = status === 'stale' ? (line?.why ?? '') : took;
  const why = line?.why || WHAT_TO_DO[standing];
  const parts = [GLYPHS[status], word, name, note];
  parts.forEach((text, place) => {
    const element = badge.children[place]!;
    if (element.textContent !== text) {
      element.textContent = text;
    }
  });
  badge.children[0]!.setAttribute('aria-hidden', 'true');
  const label = [`Step ${name}`, word, took, why].filter(Boolean).join(', ');
  if (badge.getAttribute('aria-label') !== label) {
    badge.setAttribute('aria-label', label);
    badge.title = [why, took].filter(Boolean).join(' · ');
    badge.dataset.status = status;
  }
}
