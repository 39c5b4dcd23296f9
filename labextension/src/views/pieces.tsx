/** Small pieces that every view uses. */

import type { ComponentChildren } from 'preact';
import type { ChangeLine, Line, Pair, Status } from './contract';
import { GLYPHS, word } from './words';

interface MarkProps {
  status: Status;
  note?: string;
  glyph?: string;
  told?: string;
}

export function Mark({ status, note, glyph = GLYPHS[status], told = word(status) }: MarkProps) {
  return (
    <span class={`zb-mark zb-${status}`}>
      <span aria-hidden="true">{glyph}</span> {told}
      {note ? <span class="zb-quiet"> · {note}</span> : null}
    </span>
  );
}

interface ButtonProps {
  onClick?: () => void;
  onKeyDown?: (event: KeyboardEvent & { currentTarget: HTMLElement }) => void;
  children: ComponentChildren;
  label?: string;
  title?: string;
  disabled?: boolean;
  pressed?: boolean;
  /** A `link` reads like text. */
  kind?: 'plain' | 'quiet' | 'danger' | 'link';
}

export function Button({ label, title, pressed, kind = 'plain', children, ...more }: ButtonProps) {
  return (
    <button
      type="button"
      class={kind === 'link' ? 'zb-link' : `zb-button zb-${kind}`}
      title={title ?? label}
      aria-label={label}
      aria-pressed={pressed}
      {...more}
    >
      {children}
    </button>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="zb-empty">
      <p class="zb-title">{title}</p>
      {children}
    </div>
  );
}

/** A fact behind its name; nothing where there is none. */
export function Fact({ name, children }: { name: string; children?: ComponentChildren }) {
  return children ? (
    <p>
      <span class="zb-quiet">{name} </span>
      {children}
    </p>
  ) : null;
}

export function NoSteps() {
  return (
    <Empty title="No steps yet">
      <p>
        Write <code>%%step load_data</code> as a cell’s first line and run it.
      </p>
    </Empty>
  );
}

interface CodeProps {
  label: string;
  children: ComponentChildren;
}

export function Code({ label, children }: CodeProps) {
  return (
    <pre class="zb-code" tabIndex={0} role="region" aria-label={label}>
      {children}
    </pre>
  );
}

export function Diff({ lines, label }: { lines: Line[]; label: string }) {
  return (
    <Code label={label}>
      {lines.map(line => {
        const Tag = line.sign === '+' ? 'ins' : line.sign === '-' ? 'del' : 'span';
        return <Tag class={line.sign === '…' ? 'zb-quiet' : ''}>{`${line.sign} ${line.text}\n`}</Tag>;
      })}
    </Code>
  );
}

interface TableProps {
  label: string;
  head: string[];
  rows: ComponentChildren[][];
}

/** A plain table; the first cell of a row is its header. */
export function Table({ label, head, rows }: TableProps) {
  return (
    <div class="zb-scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="zb-table">
        <thead>
          <tr>
            {head.map(cell => (
              <th scope="col">{cell}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr>
              {row.map((cell, place) =>
                place ? <td>{cell}</td> : <th scope="row">{cell}</th>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Pairs({ label, pairs }: { label: string; pairs: Pair[] }) {
  return pairs.length ? (
    <Table
      label={label}
      head={[label, 'before', 'after']}
      rows={pairs.map(pair => [pair.name, pair.a || '–', pair.b || '–'])}
    />
  ) : null;
}

interface SectionProps {
  title: string;
  open?: boolean;
  children: ComponentChildren;
}

export function Section({ title, open, children }: SectionProps) {
  return (
    <details class="zb-section" open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

interface ListedProps extends Omit<TableProps, 'label'> {
  title: string;
  open?: boolean;
}

/** A table behind its title; nothing where there is nothing. */
export function Listed({ title, open, head, rows }: ListedProps) {
  return rows.length ? (
    <Section title={`${title} (${rows.length})`} open={open}>
      <Table label={title} head={head} rows={rows} />
    </Section>
  ) : null;
}

export const CHANGE = ['what', 'name', 'before', 'after'];
export const changed = (change: ChangeLine) => [
  change.kind,
  change.name,
  change.old || '–',
  change.new || '–'
];
