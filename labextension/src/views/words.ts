/** How statuses, times and sizes are told; the same words as zenbook/core/view_text.py. */

import type { RunHead, Status } from './contract';

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

export const WORDS: Record<Status, string> = {
  running: 'running',
  completed: 'ran',
  cached: 'cached',
  failed: 'failed',
  interrupted: 'interrupted',
  skipped: 'skipped',
  stale: 'stale',
  waiting: 'not run yet'
};

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

/** `14:05` today, `Sep 21, 14:05` this year, with the year before that. */
export function when(started: number, now = new Date()): string {
  const date = new Date(started * 1000);
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === now.toDateString()) {
    return time;
  }
  const month = date.toLocaleDateString('en', { month: 'short', day: 'numeric' });
  return date.getFullYear() === now.getFullYear()
    ? `${month}, ${time}`
    : `${month} ${date.getFullYear()}, ${time}`;
}

export const versionText = (version: number | null): string =>
  version === null ? 'draft' : `v${version}`;

export const runText = (run: RunHead): string => `run ${run.number}`;
