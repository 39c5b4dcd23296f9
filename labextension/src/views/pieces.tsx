/** Small pieces that every view uses. */

import type { ComponentChildren } from 'preact';
import type { ChangeLine, Line, Pair, Status } from './contract';
import { GLYPHS, word } from './words';

export function Mark({ status, note }: { status: Status; note?: string }) {
  return (
    <span class={`zb-mark zb-${status}`}>
      <span aria-hidden="true">{GLYPHS[status]}</span> {word(status)}
      {note ? <span class="zb-quiet"> · {note}</span> : null}
    </span>
  );
}

interface ButtonProps {
  onClick: () => void;
  children: ComponentChildren;
  label?: string;
  title?: string;
  disabled?: boolean;
  pressed?: boolean;
  kind?: 'quiet' | 'danger';
}

export function Button({ onClick, children, label, title, disabled, pressed, kind }: ButtonProps) {
  return (
    <button
      type="button"
      class={`zb-button ${kind ? `zb-${kind}` : ''}`}
      title={title ?? label}
      aria-label={label}
      disabled={disabled}
      aria-pressed={pressed}
      onClick={onClick}
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

export function NoSteps() {
  return (
    <Empty title="No steps yet">
      <p>
        Write <code>%%step load_data</code> as a cell’s first line and run it.
      </p>
    </Empty>
  );
}

export function Diff({ lines, label }: { lines: Line[]; label: string }) {
  return (
    <pre class="zb-code" tabIndex={0} role="region" aria-label={label}>
      {lines.map(line => {
        const whole = `${line.sign} ${line.text}\n`;
        return line.sign === '+' ? (
          <ins>{whole}</ins>
        ) : line.sign === '-' ? (
          <del>{whole}</del>
        ) : (
          <span class={line.sign === '…' ? 'zb-quiet' : ''}>{whole}</span>
        );
      })}
    </pre>
  );
}

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <pre class="zb-code" tabIndex={0} role="region" aria-label={label}>
      {text}
    </pre>
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
