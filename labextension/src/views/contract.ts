/**
 * The View as the kernel sends it: the same contract as zenbook/core/view_types.py.
 *
 * tests/golden/*.json hold both sides together: Python makes them, the tests here read them
 * and must get every field back.
 */

import { either, exactly, fields, flag, list, maybe, named, number, raw, text, word } from './shape';
import type { Of, Shape } from './shape';

export const SCHEMA = 1;

export const STATUSES = [
  'running',
  'completed',
  'cached',
  'failed',
  'interrupted',
  'skipped',
  'stale',
  'waiting'
] as const;
export type Status = (typeof STATUSES)[number];

const status = word(...STATUSES);
const schema = exactly(SCHEMA);
const values = named(either(number, text));

const runHead = fields({
  id: text,
  pipeline: text,
  number: number,
  name: text,
  version: maybe(number),
  status,
  started: number,
  seconds: maybe(number),
  origin: text
});
export type RunHead = Of<typeof runHead>;

const runRow = fields({
  id: text,
  pipeline: text,
  number: number,
  name: text,
  version: maybe(number),
  status,
  started: number,
  seconds: maybe(number),
  origin: text,
  steps: named(number),
  saved: number,
  parameters: named(text),
  metrics: values,
  tags: list(text),
  note: text,
  pinned: flag,
  failed: text
});
export type RunRow = Of<typeof runRow>;

const runsView = fields({
  kind: word('runs'),
  schema,
  pipeline: text,
  total: number,
  offset: number,
  rows: list(runRow),
  parameters: list(text),
  metrics: list(text),
  differing: list(text)
});
export type RunsView = Of<typeof runsView>;

const node = fields({
  name: text,
  status,
  why: text,
  version: maybe(number),
  seconds: maybe(number),
  size: maybe(number),
  outputs: list(text),
  origin: text,
  x: number,
  y: number
});
export type Node = Of<typeof node>;

const wire = fields({
  source: text,
  target: text,
  names: list(text),
  points: list(list(number))
});
export type Wire = Of<typeof wire>;

const graphView = fields({
  kind: word('graph'),
  schema,
  pipeline: text,
  version: maybe(number),
  run: maybe(runHead),
  nodes: list(node),
  edges: list(wire),
  width: number,
  height: number,
  node_width: number,
  node_height: number,
  summary: text
});
export type GraphView = Of<typeof graphView>;

const pair = fields({ name: text, a: text, b: text });
export type Pair = Of<typeof pair>;
const line = fields({ sign: word(' ', '+', '-', '…'), text });
export type Line = Of<typeof line>;
const side = fields({ status, why: text, seconds: number, origin: text });
export type Side = Of<typeof side>;

const stepPair = fields({
  name: text,
  a: maybe(side),
  b: maybe(side),
  same: flag,
  code: list(line),
  parts: list(pair),
  outputs: list(pair)
});
export type StepPair = Of<typeof stepPair>;

const compareView = fields({
  kind: word('compare'),
  schema,
  a: runHead,
  b: runHead,
  parameters: list(pair),
  metrics: list(pair),
  steps: list(stepPair),
  summary: text
});
export type CompareView = Of<typeof compareView>;

const changeLine = fields({ kind: text, name: text, old: text, new: text });
export type ChangeLine = Of<typeof changeLine>;

const stepView = fields({
  kind: word('step'),
  schema,
  pipeline: text,
  name: text,
  run: maybe(runHead),
  origin: maybe(runHead),
  status,
  cause: text,
  why: text,
  seconds: maybe(number),
  saved: number,
  error: text,
  not_kept: text,
  remarks: list(text),
  metrics: values,
  changes: list(changeLine),
  inputs: list(changeLine),
  outputs: list(
    fields({
      name: text,
      type: text,
      shape: maybe(list(number)),
      size: number,
      preview: text,
      digest: text,
      alias: text
    })
  ),
  files: list(changeLine),
  displays: list(fields({ kind: word('text', 'error', 'image'), text })),
  source: text,
  versions: list(fields({ number: number, created: number, code: text, lines: list(line) }))
});
export type StepView = Of<typeof stepView>;

const planView = fields({
  kind: word('plan'),
  schema,
  pipeline: text,
  version: maybe(number),
  rows: list(
    fields({
      name: text,
      verdict: word('hit', 'miss', 'unsure'),
      cause: text,
      why: text,
      expected: maybe(number),
      changes: list(changeLine),
      waits_for: list(text)
    })
  ),
  expected: number,
  saved: maybe(number),
  summary: text
});
export type PlanView = Of<typeof planView>;

const storeView = fields({
  kind: word('store'),
  schema,
  size: number,
  limit: maybe(number),
  artifacts: number,
  records: number,
  runs: number,
  pinned: number,
  reclaimable: number,
  largest: list(
    fields({ name: text, step: text, run: text, type: text, size: number, pinned: flag })
  )
});
export type StoreView = Of<typeof storeView>;

const cellLine = fields({
  name: text,
  source: raw,
  status,
  why: text,
  upstream: list(text),
  seconds: maybe(number),
  saved: number,
  expected: maybe(number),
  started: maybe(number)
});
export type CellLine = Of<typeof cellLine>;

const notebookView = fields({
  kind: word('notebook'),
  schema,
  pipeline: text,
  version: maybe(number),
  draft: flag,
  run: maybe(runHead),
  cells: list(cellLine),
  progress: maybe(fields({ done: number, total: number, left: maybe(number), step: text })),
  graph: maybe(graphView),
  serial: number
});
export type NotebookView = Of<typeof notebookView>;

export type View =
  | RunsView
  | GraphView
  | CompareView
  | StepView
  | PlanView
  | StoreView
  | NotebookView;
export type Kind = View['kind'];

const SHAPES: { [K in Kind]: Shape<Extract<View, { kind: K }>> } = {
  runs: runsView,
  graph: graphView,
  compare: compareView,
  step: stepView,
  plan: planView,
  store: storeView,
  notebook: notebookView
};

/** The View in this JSON; throws a TypeError naming the first field that is not as expected. */
export function parseView(json: unknown): View {
  const kind = (json as { kind?: unknown } | null)?.kind;
  const known = (Object.keys(SHAPES) as Kind[]).find(name => name === kind);
  if (!known) {
    throw new TypeError('not a View: kind');
  }
  const given = (json as { schema?: unknown }).schema;
  if (typeof given === 'number' && given > SCHEMA) {
    throw new TypeError('made by a newer zenbook: update this front end');
  }
  return SHAPES[known](json, known);
}
