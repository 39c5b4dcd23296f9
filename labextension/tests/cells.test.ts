/** What a cell's text says without the kernel, and what is stale because of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { essence, staleSteps, stepName } from '../src/cells';
import { Exchange } from '../src/views/exchange';
import type { CellLine } from '../src/views/contract';
import { readFileSync } from 'node:fs';

const NAMES: [string, string | null][] = [
  ['%%step train', 'train'],
  ['%%step train --ttl 12h\nx = 1', 'train'],
  ['# a comment\n\n%step train\nx = 1', 'train'],
  ['%%step\ny = 1', ''],
  ['%%step <img>\ny = 1', ''],
  ['%%steps train', null],
  ['x = 1\n%%step train', null],
  ['%%timeit\n%%step train', null],
  ['', null]
];

for (const [source, name] of NAMES) {
  void test(`the step of ${JSON.stringify(source)} is ${JSON.stringify(name)}`, () => {
    assert.equal(stepName(source), name);
  });
}

void test('comments, blank lines and trailing blanks change nothing', () => {
  assert.equal(essence('a = 1\nb = 2'), essence('a = 1  \n\n# why\nb = 2\n'));
  assert.notEqual(essence('a = 1'), essence('a = 2'));
  assert.notEqual(essence('if a:\n    b'), essence('if a:\n  b'));
});

void test('inside a string over several lines everything counts', () => {
  assert.notEqual(essence('s = """\n# one\n"""'), essence('s = """\n# two\n"""'));
});

const cell = (name: string, upstream: string[] = [], status = 'completed'): CellLine =>
  ({ name, source: `${name} = 1`, status, why: '', upstream }) as unknown as CellLine;

void test('an edited step is stale, and all below it, however far', () => {
  const cells = [cell('a'), cell('c', ['b']), cell('b', ['a']), cell('d')];
  const stale = staleSteps(cells, new Map([['a', 'a = 2'], ['d', 'd = 1  # same']]));
  assert.deepEqual([...stale.keys()].sort(), ['a', 'b', 'c', 'd']);
  const quiet = staleSteps(cells, new Map([['a', 'a = 1\n# remark']]));
  assert.equal(quiet.size, 0);
});

void test('a step that never ran is not called stale, and a circle ends', () => {
  const cells = [cell('a', ['b'], 'waiting'), cell('b', ['a'])];
  assert.deepEqual([...staleSteps(cells, new Map([['b', 'b = 2']])).keys()], ['b']);
});

void test('stale answers and older states are dropped', async () => {
  const sent: Record<string, unknown>[] = [];
  const exchange = new Exchange(message => sent.push(message));
  const state = JSON.parse(readFileSync('../tests/golden/notebook.json', 'utf-8')) as object;
  const heard: number[] = [];
  exchange.follow(view => heard.push(view.serial));
  exchange.hear({ push: { ...state, serial: 5 } });
  exchange.hear({ push: { ...state, serial: 4 } });
  exchange.hear({ push: { kind: 'nonsense' } });
  exchange.hear({ id: 77, view: {} });
  exchange.hear(null);
  assert.deepEqual(heard, [5]);

  const asked = exchange.ask({ ask: 'store' });
  const store: unknown = JSON.parse(readFileSync('../tests/golden/store.json', 'utf-8'));
  exchange.hear({ id: sent[0]!.id, view: store });
  assert.equal((await asked).kind, 'store');
});

void test('when the kernel goes away what waits is told', async () => {
  const exchange = new Exchange(() => undefined);
  const asked = exchange.act({ act: 'gc' });
  exchange.reset('The kernel went away.');
  await assert.rejects(asked, /went away/);
});
