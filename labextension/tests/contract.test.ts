/** The contract from the page's side: every golden View of Python is read whole. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { parseView } from '../src/views/contract';
import { parseView as parseOwn } from '../widget/contract';

const FOLDER = '../tests/golden';
const golden = readdirSync(FOLDER).filter(name => name.endsWith('.json'));
const read = (name: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf-8'));
const flat = (view: unknown): unknown => JSON.parse(JSON.stringify(view));

void test('there are golden files of every kind', () => {
  assert.ok(golden.length >= 16);
});

for (const name of golden) {
  void test(`${name} comes through with every field and no other`, () => {
    const json = read(name);
    assert.deepEqual(flat(parseView(json)), json);
    assert.deepEqual(flat(parseOwn(json)), json);
  });
}

type Row = Record<string, unknown>;
const spoiled = (change: (row: Row, view: Row) => void): unknown => {
  const view = read('runs.json') as Row;
  change((view.rows as Row[])[0]!, view);
  return view;
};

void test('a status that is not in the list makes the View unreadable', () => {
  assert.throws(() => parseView(spoiled(row => (row.status = 'owned'))), /runs\.rows\[0\]\.status/);
});

void test('a number that is a text makes the View unreadable', () => {
  assert.throws(() => parseView(spoiled(row => (row.number = '1'))), /rows\[0\]\.number/);
});

void test('a field that is missing makes the View unreadable, an unknown one is dropped', () => {
  assert.throws(() => parseView(spoiled(row => delete row.saved)), /rows\[0\]\.saved/);
  const view = flat(parseView(spoiled(row => (row.onclick = 'alert(1)'))));
  assert.ok(!JSON.stringify(view).includes('onclick'));
});

void test('a View of a newer zenbook says so', () => {
  assert.throws(() => parseView(spoiled((_, view) => (view.schema = 2))), /newer zenbook/);
});

void test('names that mean something to JavaScript mean nothing here', () => {
  const view = parseView(
    JSON.parse(
      JSON.stringify(read('runs.json')).replace('"seed"', '"__proto__"')
    )
  );
  assert.ok(view.kind === 'runs' && view.rows.length > 0);
  assert.equal(({} as Row).polluted, undefined);
});

void test('what a screen would obey is made plain', () => {
  const view = parseView(spoiled(row => (row.note = '\u202egnp.exe \u001b[31mred\u001b[0m')));
  assert.ok(view.kind === 'runs');
  assert.equal(view.rows[0]!.note, '\\u202egnp.exe red');
});

for (const json of [null, 1, 'x', [], {}, { kind: 'runs' }, { kind: '__proto__', schema: 1 }]) {
  void test(`${JSON.stringify(json)} is no View`, () => {
    assert.throws(() => parseView(json), TypeError);
  });
}
