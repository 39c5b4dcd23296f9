/**
 * The table of runs: paged from the kernel, only the rows in sight are in the page.
 *
 * Ten thousand runs scroll smoothly because neither side ever holds them all.
 */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunRow, RunsView } from './contract';
import { STATUSES } from './contract';
import type { Host } from './host';
import { Button, Empty, Mark } from './pieces';
import { Plot } from './plot';
import { count, secondsText, versionText, when, word } from './words';

const ROW = 30;
const PAGE = 100;
const SPARE = 8;
const FIXED = [
  ['number', 'Run'],
  ['status', 'Status'],
  ['version', 'Version'],
  ['started', 'Started'],
  ['seconds', 'Took'],
  ['saved', 'Saved']
] as const;

interface Props {
  host: Host;
  first: RunsView | null;
  selected: string;
  baseline: string;
  /** Grows when the history changed and the rows must be asked for again. */
  stamp: number;
  onSelect: (run: RunRow) => void;
  onOpen: (run: RunRow) => void;
  onError: (error: unknown) => void;
}

interface Query {
  search: string;
  status: string;
  sort: string;
  descending: boolean;
}

const ALL: Query = { search: '', status: '', sort: '', descending: true };

export function Runs(props: Props) {
  const { host, first, selected, baseline, stamp, onSelect, onOpen, onError } = props;
  const [query, setQuery] = useState(ALL);
  const [pages, setPages] = useState(() => startPages(first));
  const [every, setEvery] = useState(false);
  const [plotted, setPlotted] = useState(false);
  const [scroll, setScroll] = useState({ top: 0, height: 320 });
  const asked = useRef(new Set<number>());
  const turn = useRef(0);
  const frame = useRef<HTMLDivElement>(null);

  const load = (page: number, fresh = false) => {
    if (!host.live || (asked.current.has(page) && !fresh)) {
      return;
    }
    asked.current.add(page);
    const mine = turn.current;
    host
      .ask({ ask: 'runs', offset: page * PAGE, limit: PAGE, ...query })
      .then(view => {
        if (view.kind === 'runs' && mine === turn.current) {
          setPages(held => merged(fresh ? null : held, view));
        }
      })
      .catch(error => {
        asked.current.delete(page);
        onError(error);
      });
  };

  const skip = useRef(first !== null && first.offset === 0);
  useEffect(() => {
    if (skip.current) {
      skip.current = false; // the kernel sent the first page along
      asked.current.add(0);
      return;
    }
    const wait = setTimeout(() => {
      turn.current += 1;
      asked.current.clear();
      load(Math.floor(scroll.top / ROW / PAGE), true);
    }, 120);
    return () => clearTimeout(wait);
  }, [query, stamp, host.live]);

  const from = Math.max(0, Math.floor(scroll.top / ROW) - SPARE);
  const to = Math.min(pages.total, Math.ceil((scroll.top + scroll.height) / ROW) + SPARE);
  useEffect(() => {
    for (let page = Math.floor(from / PAGE); page * PAGE < to; page += 1) {
      if (!pages.rows.has(page * PAGE)) {
        load(page);
      }
    }
  }, [from, to, pages]);

  const rows = [...pages.rows.values()];
  const columns = pages.columns.filter(name => every || pages.differing.has(name)).slice(0, 24);
  const filtered = query.search !== '' || query.status !== '';
  const sort = (column: string) =>
    setQuery({ ...query, sort: column, descending: query.sort === column ? !query.descending : true });

  if (!pages.total && !filtered) {
    return (
      <Empty title="No runs yet">
        <p>Run a cell that starts with %%step, or call a pipeline. Every run is kept here.</p>
      </Empty>
    );
  }

  return (
    <div class="zb-runs">
      <div class="zb-bar">
        {host.live && (
          <>
            <input
              type="search"
              aria-label="Search runs"
              placeholder="Search runs"
              value={query.search}
              onInput={event => setQuery({ ...query, search: event.currentTarget.value })}
              onKeyDown={event => event.stopPropagation()}
            />
            <select
              aria-label="Status"
              value={query.status}
              onChange={event => setQuery({ ...query, status: event.currentTarget.value })}
            >
              <option value="">every status</option>
              {STATUSES.slice(0, -2).map(status => (
                <option value={status}>{word(status)}</option>
              ))}
            </select>
          </>
        )}
        <span class="zb-quiet" role="status">
          {count(pages.total, 'run')}
        </span>
        <span class="zb-grow" />
        <Button kind="quiet" pressed={every} onClick={() => setEvery(!every)}>
          All columns
        </Button>
        <Button kind="quiet" pressed={plotted} onClick={() => setPlotted(!plotted)}>
          Plot
        </Button>
      </div>
      {plotted && <Plot rows={rows} columns={pages.columns} selected={selected} onSelect={onSelect} />}
      <div
        class="zb-scroll zb-rows"
        ref={frame}
        tabIndex={0}
        role="region"
        aria-label="Runs"
        style={{ height: `${Math.min(12, pages.total + 1) * ROW + 18}px` }}
        onScroll={event => {
          const { scrollTop: top, clientHeight: height } = event.currentTarget;
          setScroll({ top, height });
        }}
      >
        <table class="zb-table" aria-rowcount={pages.total + 1}>
          <thead>
            <tr>
              {[...FIXED, ...columns.map(name => [name, name] as const)].map(([column, label]) => (
                <Head label={label} column={column} query={query} onSort={host.live ? sort : null} />
              ))}
            </tr>
          </thead>
          <tbody>
            {from > 0 && <Gap height={from * ROW} span={6 + columns.length} />}
            {Array.from({ length: to - from }, (_, place) => {
              const row = pages.rows.get(from + place);
              return row ? (
                <Row
                  key={row.id}
                  row={row}
                  place={from + place}
                  columns={columns}
                  selected={row.id === selected}
                  baseline={row.id === baseline}
                  onSelect={onSelect}
                  onOpen={onOpen}
                />
              ) : (
                <tr key={from + place} style={{ height: `${ROW}px` }} aria-rowindex={from + place + 2}>
                  <td colSpan={6 + columns.length} class="zb-quiet">
                    …
                  </td>
                </tr>
              );
            })}
            {to < pages.total && <Gap height={(pages.total - to) * ROW} span={6 + columns.length} />}
          </tbody>
        </table>
        {!pages.total && <p class="zb-quiet zb-pad">No run matches.</p>}
      </div>
    </div>
  );
}

interface RowProps {
  row: RunRow;
  place: number;
  columns: string[];
  selected: boolean;
  baseline: boolean;
  onSelect: (run: RunRow) => void;
  onOpen: (run: RunRow) => void;
}

function Row({ row, place, columns, selected, baseline, onSelect, onOpen }: RowProps) {
  const told = [row.name, row.origin, row.note, row.failed, ...row.tags];
  return (
    <tr
      class={selected ? 'zb-selected' : ''}
      style={{ height: `${ROW}px` }}
      aria-rowindex={place + 2}
      title={told.filter(Boolean).join('\n')}
      onClick={() => onSelect(row)}
      onDblClick={() => onOpen(row)}
    >
      <th scope="row">
        <Button
          kind="link"
          pressed={selected}
          onKeyDown={event => step(event, event.currentTarget)}
        >
          {`run ${row.number}`}
        </Button>
        {row.pinned && <span class="zb-tag">pinned</span>}
        {baseline && <span class="zb-tag">baseline</span>}
        {row.tags.slice(0, 2).map(tag => (
          <span class="zb-tag">{tag}</span>
        ))}
      </th>
      <td>
        <Mark status={row.status} note={stepsTold(row)} />
      </td>
      <td>{versionText(row.version)}</td>
      <td>{when(row.started)}</td>
      <td class="zb-number">{secondsText(row.seconds)}</td>
      <td class="zb-number">{row.saved ? secondsText(row.saved) : ''}</td>
      {columns.map(name => {
        const value = row.metrics[name] ?? row.parameters[name] ?? '';
        return (
          <td class={value !== '' && Number.isFinite(Number(value)) ? 'zb-number' : ''}>{value}</td>
        );
      })}
    </tr>
  );
}

/** `3/4 cached`: only when not all steps say the same as the run does. */
function stepsTold(row: RunRow): string {
  const total = Object.values(row.steps).reduce((sum, many) => sum + many, 0);
  const cached = row.steps.cached ?? 0;
  return cached && cached < total ? `${cached}/${total} cached` : '';
}

/** Up and down arrows go from run to run. */
function step(event: KeyboardEvent, button: HTMLElement): void {
  const row = button.closest('tr');
  const next =
    event.key === 'ArrowDown'
      ? row?.nextElementSibling
      : event.key === 'ArrowUp'
        ? row?.previousElementSibling
        : null;
  const target = next?.querySelector<HTMLElement>('button');
  if (target) {
    event.preventDefault();
    event.stopPropagation();
    target.focus();
    target.scrollIntoView({ block: 'nearest' });
  }
}

interface HeadProps {
  label: string;
  column: string;
  query: Query;
  onSort: ((column: string) => void) | null;
}

function Head({ label, column, query, onSort }: HeadProps) {
  const sorted = query.sort === column;
  const direction = !sorted ? undefined : query.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={direction}>
      {onSort ? (
        <Button kind="link" onClick={() => onSort(column)}>
          {label}
          <span aria-hidden="true">{sorted ? (query.descending ? ' ↓' : ' ↑') : ''}</span>
        </Button>
      ) : (
        label
      )}
    </th>
  );
}

const Gap = ({ height, span }: { height: number; span: number }) => (
  <tr aria-hidden="true" style={{ height: `${height}px` }}>
    <td colSpan={span} />
  </tr>
);

interface Pages {
  total: number;
  rows: Map<number, RunRow>;
  columns: string[];
  differing: Set<string>;
}

function startPages(first: RunsView | null): Pages {
  const none: Pages = { total: 0, rows: new Map(), columns: [], differing: new Set() };
  return first ? merged(none, first) : none;
}

/** What is held and a page that came; with nothing held the page starts anew. */
function merged(held: Pages | null, page: RunsView): Pages {
  const rows = new Map(held?.rows);
  page.rows.forEach((row, place) => rows.set(page.offset + place, row));
  const columns = [...page.parameters, ...page.metrics];
  return {
    total: page.total,
    rows,
    columns: [...new Set([...(held?.columns ?? []), ...columns])],
    differing: new Set([...(held?.differing ?? []), ...page.differing])
  };
}
