/** What would run, and what is kept. */

import type { PlanView, StoreView } from './contract';
import type { Host } from './host';
import { Button, CHANGE, Listed, Mark, NoSteps, Table, changed } from './pieces';
import { count, secondsText, sizeText } from './words';

const MARKS = {
  hit: ['cached', '↺', 'cached'],
  miss: ['running', '▶', 'would run'],
  unsure: ['waiting', '?', 'depends']
} as const;

export function Plan({ view, onSelect }: { view: PlanView; onSelect: (step: string) => void }) {
  if (!view.rows.length) {
    return <NoSteps />;
  }
  return (
    <div class="zb-plan">
      <p>{view.summary}</p>
      <Table
        label="Plan"
        head={['step', 'plan', 'expected', 'why']}
        rows={view.rows.map(row => {
          const [status, glyph, word] = MARKS[row.verdict];
          return [
            <Button kind="link" onClick={() => onSelect(row.name)}>
              {row.name}
            </Button>,
            <Mark status={status} glyph={glyph} told={word} />,
            row.verdict === 'hit' ? '' : row.expected === null ? '?' : secondsText(row.expected),
            row.why
          ];
        })}
      />
      {view.rows.map(row => (
        <Listed title={`${row.name}: what changed`} head={CHANGE} rows={row.changes.map(changed)} />
      ))}
    </div>
  );
}

interface StoreProps {
  view: StoreView;
  host: Host;
  onCollect: () => void;
}

export function Store({ view, host, onCollect }: StoreProps) {
  const share = view.limit ? Math.min(1, view.size / view.limit) : null;
  const told = view.limit
    ? `${sizeText(view.size)} of ${sizeText(view.limit)} used`
    : `${sizeText(view.size)} used, no limit`;
  return (
    <div class="zb-store">
      <div class="zb-bar">
        <strong>{told}</strong>
        {share !== null && <progress max={1} value={share} aria-label={told} />}
        <span class="zb-grow" />
        {host.live && (
          <Button
            onClick={onCollect}
            disabled={view.reclaimable === 0}
            title="Delete what no record needs any more"
          >
            {`Collect ${sizeText(view.reclaimable)}`}
          </Button>
        )}
      </div>
      <p class="zb-quiet">
        {count(view.artifacts, 'artifact')} in {count(view.records, 'record')} of{' '}
        {count(view.runs, 'run')}, {view.pinned} pinned
      </p>
      {view.largest.length > 0 && (
        <Table
          label="Largest outputs"
          head={['largest', 'step', 'type', 'size']}
          rows={view.largest.map(kept => [
            kept.pinned ? `${kept.name} (pinned)` : kept.name,
            kept.step,
            kept.type.split('.').at(-1),
            sizeText(kept.size)
          ])}
        />
      )}
    </div>
  );
}
