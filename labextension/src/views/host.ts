/**
 * What a page around the views offers: the widget, the panel and a saved output each have one.
 *
 * The views know this and nothing of comms, widgets or JupyterLab.
 */

import type { NotebookView, View } from './contract';

/** A question; the answer is a View. */
export type Question =
  | {
      ask: 'runs';
      offset: number;
      limit: number;
      search?: string;
      status?: string;
      sort?: string;
      descending?: boolean;
    }
  | { ask: 'graph'; run: string }
  | { ask: 'compare'; a: string; b: string }
  | { ask: 'step'; step: string; run?: string }
  | { ask: 'plan' }
  | { ask: 'store' };

/** Something a person asked for with a click; the answer is a sentence. */
export type Deed =
  | { act: 'restore'; run: string; step?: string }
  | { act: 'run_from'; step: string }
  | { act: 'pin'; run: string; pinned: boolean }
  | { act: 'forget'; run: string }
  | { act: 'export' }
  | { act: 'gc' };

export interface Done {
  said: string;
  /** A file that was written, for a page that can open it. */
  path?: string;
}

export interface Host {
  /** Whether somebody answers: a saved page shows its picture and no buttons. */
  readonly live: boolean;
  ask(question: Question): Promise<View>;
  act(deed: Deed): Promise<Done>;
  /** Hears of every full state; the returned function stops that. */
  follow(hear: (state: NotebookView) => void): () => void;
  goTo?(step: string): void;
  openFile?(path: string): void;
}

/** A host that nobody is behind: for outputs saved in a notebook. */
export const nobody: Host = {
  live: false,
  ask: () => Promise.reject(new Error('No kernel answers here.')),
  act: () => Promise.reject(new Error('No kernel answers here.')),
  follow: () => () => undefined
};
