/**
 * Questions and answers over any channel that carries JSON: a comm, or a widget's messages.
 *
 * Every question has a number; an answer to no waiting question is stale and dropped, and so is
 * a pushed state with a lower serial than the last one.
 */

import { parseView } from './contract';
import type { NotebookView, View } from './contract';
import type { Deed, Done, Question } from './host';
import { plain } from './shape';

const PATIENCE = 30_000;

interface Waiting {
  resolve(answer: Record<string, unknown>): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class Exchange {
  constructor(private send: (message: Record<string, unknown>) => void) {}

  ask(question: Question): Promise<View> {
    return this.post(question).then(answer => parseView(answer.view));
  }

  act(deed: Deed): Promise<Done> {
    return this.post(deed).then(answer => ({
      said: typeof answer.said === 'string' ? plain(answer.said) : 'Done.',
      ...(typeof answer.path === 'string' ? { path: answer.path } : {})
    }));
  }

  /** Take a message from the kernel. What is not understood is told in the console, not shown. */
  hear(message: unknown): void {
    const given = (message ?? {}) as Record<string, unknown>;
    if (given.push !== undefined) {
      this.take(given.push);
    } else if (typeof given.id === 'number') {
      this.settle(given.id, given);
    }
  }

  follow(hear: (state: NotebookView) => void): () => void {
    this.followers.add(hear);
    if (this.state) {
      hear(this.state);
    }
    return () => this.followers.delete(hear);
  }

  /** Nobody answers any more: what waits fails, and the next state starts from any serial. */
  reset(why: string): void {
    for (const id of [...this.waiting.keys()]) {
      this.settle(id, { error: why });
    }
    this.state = null;
  }

  state: NotebookView | null = null;

  private take(json: unknown): void {
    let view: View;
    try {
      view = parseView(json);
    } catch (error) {
      console.warn('zenbook:', error);
      return;
    }
    if (view.kind === 'notebook' && view.serial >= (this.state?.serial ?? 0)) {
      this.state = view;
      this.followers.forEach(hear => hear(view));
    }
  }

  /** A question gives up in time; a plan or a deed waits for the running cell to end. */
  private post(message: Question | Deed): Promise<Record<string, unknown>> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      const timer =
        'ask' in message && message.ask !== 'plan'
          ? setTimeout(() => this.settle(id, { error: 'The kernel is busy: ask again.' }), PATIENCE)
          : undefined;
      this.waiting.set(id, { resolve, reject, timer });
      this.send({ id, ...message });
    });
  }

  private settle(id: number, answer: Record<string, unknown>): void {
    const waiting = this.waiting.get(id);
    if (!waiting) {
      return;
    }
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    if (typeof answer.error === 'string') {
      waiting.reject(new Error(plain(answer.error)));
    } else {
      waiting.resolve(answer);
    }
  }

  private last = 0;
  private waiting = new Map<number, Waiting>();
  private followers = new Set<(state: NotebookView) => void>();
}
