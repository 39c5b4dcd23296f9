/** A small plot of the runs at hand: one number against another. */

import { useState } from 'preact/hooks';
import type { RunRow } from './contract';

const WIDTH = 460;
const HEIGHT = 170;
const EDGE = { left: 58, right: 12, top: 12, bottom: 26 };

interface Props {
  rows: RunRow[];
  columns: string[];
  selected: string;
  onSelect: (run: RunRow) => void;
}

export function Plot({ rows, columns, selected, onSelect }: Props) {
  const numeric = columns.filter(name => rows.some(row => value(row, name) !== null));
  const choices = ['seconds', ...numeric];
  const metrics = numeric.filter(name => rows.some(row => name in row.metrics));
  const parameters = numeric.filter(name => !metrics.includes(name));
  const [x, setX] = useState(parameters[0] ?? 'run');
  const [y, setY] = useState(metrics[0] ?? 'seconds');
  const points = rows.flatMap(row => {
    const at = { row, x: value(row, x), y: value(row, y) };
    return at.x !== null && at.y !== null ? [{ row, x: at.x, y: at.y }] : [];
  });
  const across = scale(points.map(point => point.x), EDGE.left, WIDTH - EDGE.right);
  const up = scale(points.map(point => point.y), HEIGHT - EDGE.bottom, EDGE.top);
  const best = points.reduce<(typeof points)[number] | null>(
    (top, point) => (!top || point.y > top.y ? point : top),
    null
  );
  const told = best
    ? `${points.length} runs; highest ${y} ${short(best.y)} in run ${best.row.number}, ${x} ${short(best.x)}`
    : `No run has both ${x} and ${y}.`;
  return (
    <figure class="zb-plot">
      <figcaption>
        <Choice label="Plot" value={y} choices={choices} onChoose={setY} />
        <Choice label="against" value={x} choices={['run', ...choices]} onChoose={setX} />
        <span class="zb-quiet">{told}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={told}>
        <path
          class="zb-axis"
          d={`M${EDGE.left} ${EDGE.top}V${HEIGHT - EDGE.bottom}H${WIDTH - EDGE.right}`}
        />
        {points.length > 0 &&
          [up.low, up.high].map(tick => (
            <text class="zb-tick" x={EDGE.left - 6} y={up.at(tick) + 4} text-anchor="end">
              {short(tick)}
            </text>
          ))}
        {points.length > 0 &&
          [across.low, across.high].map((tick, place) => (
            <text
              class="zb-tick"
              x={across.at(tick)}
              y={HEIGHT - 8}
              text-anchor={place ? 'end' : 'start'}
            >
              {short(tick)}
            </text>
          ))}
        {points.map(point => (
          <circle
            class={point.row.id === selected ? 'zb-dot zb-selected' : 'zb-dot'}
            cx={across.at(point.x)}
            cy={up.at(point.y)}
            r={point.row.id === selected ? 6 : 4}
            onClick={() => onSelect(point.row)}
          >
            <title>{`run ${point.row.number}: ${x} ${short(point.x)}, ${y} ${short(point.y)}`}</title>
          </circle>
        ))}
      </svg>
    </figure>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choices: string[];
  onChoose: (name: string) => void;
}

const Choice = ({ label, value, choices, onChoose }: ChoiceProps) => (
  <label class="zb-field">
    {label}
    <select value={value} onChange={event => onChoose(event.currentTarget.value)}>
      {choices.map(name => (
        <option value={name}>{name}</option>
      ))}
    </select>
  </label>
);

function value(row: RunRow, name: string): number | null {
  const held =
    name === 'run'
      ? row.number
      : name === 'seconds'
        ? row.seconds
        : (row.metrics[name] ?? row.parameters[name]);
  const number = typeof held === 'string' && held.trim() ? Number(held) : held;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function scale(values: number[], from: number, to: number) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const span = high - low || 1;
  return { low, high, at: (number: number) => from + ((number - low) / span) * (to - from) };
}

const short = (number: number) => String(Number(number.toPrecision(4)));
