/** How statuses, times and sizes are told; the same words as zenbook/core/view_text.py. */

import type { Status } from './contract';

export const GLYPHS: Record<Status, string> = {
  running: '▶',
  completed: '✓',
  cached: '↺',
  failed: '✗',
  interrupted: '■',
  skipped: '–',
  stale: '◐',
  waiting: '○'
};

/** A status is its own word, but for two. */
export const word = (status: Status): string =>
  status === 'completed' ? 'ran' : status === 'waiting' ? 'not run yet' : status;

export function secondsText(seconds: number | null): string {
  if (seconds === null) {
    return '';
  }
  if (seconds < 1) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function sizeText(size: number | null): string {
  if (size === null) {
    return '';
  }
  let amount = size;
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (amount < 1000) {
      return unit === 'B' ? `${Math.round(amount)} B` : `${amount.toFixed(1)} ${unit}`;
    }
    amount /= 1000;
  }
  return `${amount.toFixed(1)} TB`;
}

export const count = (many: number, noun: string): string =>
  `${many.toLocaleString('en')} ${noun}${many === 1 ? '' : 's'}`;

/** `14:05` today, `21 Sept, 14:05` this year, with the year before that. */
export function when(started: number, now = new Date()): string {
  const date = new Date(started * 1000);
  const today = date.toDateString() === now.toDateString();
  return date.toLocaleString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    day: today ? undefined : 'numeric',
    month: today ? undefined : 'short',
    year: date.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  });
}

export const versionText = (version: number | null): string =>
  version === null ? 'draft' : `v${version}`;
