/** All views as one small application: in a widget, in the panel, in a saved output. */

import { render } from 'preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Compare } from './compare';
import type {
  CompareView,
  GraphView,
  NotebookView,
  PlanView,
  RunHead,
  RunsView,
  StepView,
  StoreView,
  View
} from './contract';
import { Graph } from './graph';
import type { Deed, Host, Question } from './host';
import { Button, Empty, Mark, NoSteps } from './pieces';
import { Plan, Store } from './plan';
import { Runs } from './runs';
import { Step } from './step';
import { secondsText, versionText } from './words';

const TABS = ['graph', 'runs', 'plan', 'store'] as const;
type Tab = (typeof TABS)[number];

/** Everything that is shown or chosen; views are kept until newer ones come. */
interface Chosen {
  tab: Tab;
  /** Run whose graph is shown; null follows the notebook. */
  run: RunHead | null;
  picked: RunHead | null;
  baseline: RunHead | null;
  step: string;
}

interface Held {
  graph?: GraphView | null;
  runs?: RunsView;
  plan?: PlanView;
  store?: StoreView;
  step?: StepView | null;
  compare?: CompareView | null;
}

export interface AppProps {
  host: Host;
  first?: View | null;
  /** What to say where there is nothing to show yet. */
  empty?: ComponentChildren;
}

/** What was chosen in a host's views, for when they are closed and opened again. */
const before = new WeakMap<Host, Chosen>();

function App({ host, first = null, empty }: AppProps) {
  const [chosen, setChosen] = useState<Chosen>(() =>
    first || !before.has(host) ? startChoice(first) : { ...before.get(host)!, step: '' }
  );
  before.set(host, chosen);
  const [held, setHeld] = useState<Held>(() => startHeld(first));
  const [now, setNow] = useState<NotebookView | null>(first?.kind === 'notebook' ? first : null);
  const [said, setSaid] = useState('');
  const [failed, setFailed] = useState('');
  const [asking, setAsking] = useState<RunHead | null>(null);
  const [stamp, setStamp] = useState(0);
  const turn = useRef(0);

  const keep = (view: View) =>
    view.kind !== 'notebook' && setHeld(before => ({ ...before, [view.kind]: view }));
  const fail = (error: unknown) => setFailed(message(error));

  const ask = (question: Question) => {
    if (!host.live) {
      return;
    }
    const mine = ++turn.current;
    host.ask(question).then(
      view => (mine === turn.current || question.ask === 'runs') && keep(view),
      error => mine === turn.current && fail(error)
    );
  };

  const act = (deed: Deed) => {
    setFailed('');
    setSaid(now?.progress ? 'Done when the running cell has ended…' : 'Working…');
    host.act(deed).then(
      done => {
        setSaid(done.said);
        setStamp(before => before + 1);
        if (deed.act === 'gc') {
          ask({ ask: 'store' });
        }
        if (done.path) {
          host.openFile?.(done.path);
        }
      },
      error => {
        setSaid('');
        fail(error);
      }
    );
  };

  const choose = (part: Partial<Chosen>) => {
    setFailed('');
    setChosen(before => ({ ...before, ...part }));
  };

  const lastRun = useRef('');
  useEffect(
    () =>
      host.follow(state => {
        setNow(state);
        const key = `${state.run?.id}${state.run?.status}${state.progress?.done}`;
        if (lastRun.current && key !== lastRun.current) {
          setStamp(before => before + 1);
        }
        lastRun.current = key;
      }),
    [host]
  );

  const runId = chosen.run?.id ?? '';
  const current = !chosen.run || chosen.run.id === now?.run?.id;
  useEffect(() => {
    if (chosen.tab === 'graph' && !current && held.graph?.run?.id !== runId) {
      ask({ ask: 'graph', run: runId });
    } else if (chosen.tab === 'plan' && (stamp > 0 || !held.plan)) {
      ask({ ask: 'plan' });
    } else if (chosen.tab === 'store' && (stamp > 0 || !held.store)) {
      ask({ ask: 'store' });
    }
  }, [chosen.tab, runId, stamp, current]);

  const openStep = (step: string) => {
    choose({ step });
    const run = chosen.run?.id ?? now?.run?.id;
    if (step && host.live) {
      ask({ ask: 'step', step, ...(run ? { run } : {}) });
    }
  };
  const openRun = (run: RunHead) => {
    setHeld(before => ({ ...before, step: null, compare: null }));
    choose({ tab: 'graph', run, picked: run, step: '' });
  };
  const goTo = (step: string) => (host.goTo ? host.goTo(step) : openStep(step));

  const live = current ? now?.graph : null;
  const saved = chosen.run && held.graph?.run?.id !== runId ? null : (held.graph ?? null);
  const graph = live ?? saved;
  const step = held.step && held.step.name === chosen.step ? held.step : null;
  const picked = chosen.picked;
  const tabs = TABS.filter(tab => host.live || held[tab]);
  const nothing = !now && !Object.values(held).some(Boolean);

  if (nothing && !host.live) {
    return <div class="zb">{empty ?? <Empty title="Nothing to show" />}</div>;
  }
  if (!host.live && (held.compare || held.step)) {
    return (
      <div class="zb">
        {held.compare && <Compare view={held.compare} />}
        {held.step && (
          <Step view={held.step} host={host} onRun={() => undefined} onRestore={null} onRunFrom={null} />
        )}
      </div>
    );
  }

  return (
    <div class="zb">
      <Header now={now} graph={graph} run={current ? null : chosen.run} onFollow={() => choose({ run: null, step: '' })} />
      {tabs.length > 1 && <Tabs tabs={tabs} tab={chosen.tab} onTab={tab => choose({ tab })} />}
      <p class="zb-said" role="status">
        {said}
      </p>
      {failed && (
        <p class="zb-failed-line" role="alert">
          ✗ {failed}
        </p>
      )}
      <div class="zb-view">
        {chosen.tab === 'graph' &&
          (graph ? (
            <div class="zb-beside">
              <Graph view={graph} selected={chosen.step} onSelect={openStep} onOpen={goTo} />
              {step && (
                <Step
                  view={step}
                  host={host}
                  onRun={openRun}
                  onRunFrom={
                    host.live ? () => act({ act: 'run_from', step: step.name }) : null
                  }
                  onRestore={
                    host.live && step.run
                      ? () => act({ act: 'restore', run: step.run!.id, step: step.name })
                      : null
                  }
                />
              )}
            </div>
          ) : (
            (empty ?? <NoSteps />)
          ))}
        {chosen.tab === 'runs' && (
          <>
            <Runs
              host={host}
              first={held.runs ?? null}
              selected={picked?.id ?? ''}
              baseline={chosen.baseline?.id ?? ''}
              stamp={stamp}
              onSelect={run => choose({ picked: run })}
              onOpen={openRun}
              onError={fail}
            />
            {picked && host.live && (
              <div class="zb-bar zb-deeds" role="group" aria-label={`Run ${picked.number}`}>
                <strong>{`run ${picked.number}`}</strong>
                <Button onClick={() => openRun(picked)}>Open</Button>
                {chosen.baseline && chosen.baseline.id !== picked.id && (
                  <Button
                    onClick={() => ask({ ask: 'compare', a: chosen.baseline!.id, b: picked.id })}
                  >
                    {`Compare with run ${chosen.baseline.number}`}
                  </Button>
                )}
                <Button
                  pressed={chosen.baseline?.id === picked.id}
                  onClick={() =>
                    choose({ baseline: chosen.baseline?.id === picked.id ? null : picked })
                  }
                >
                  Baseline
                </Button>
                <Button onClick={() => act({ act: 'restore', run: picked.id })}>Restore</Button>
                <Button
                  pressed={isPinned(picked)}
                  onClick={() => {
                    act({ act: 'pin', run: picked.id, pinned: !isPinned(picked) });
                    choose({ picked: { ...picked, pinned: !isPinned(picked) } as RunHead });
                  }}
                >
                  Pin
                </Button>
                <Button kind="danger" onClick={() => setAsking(picked)}>
                  Forget…
                </Button>
              </div>
            )}
            {asking && (
              <Question
                text={`Forget run ${asking.number}? Its record is deleted, and the outputs that only it has.`}
                onNo={() => setAsking(null)}
                onYes={() => {
                  act({ act: 'forget', run: asking.id });
                  setAsking(null);
                  choose({ picked: null });
                }}
              />
            )}
            {held.compare && (
              <section aria-label="Comparison">
                <div class="zb-bar">
                  <strong>{`run ${held.compare.a.number} → run ${held.compare.b.number}`}</strong>
                  <span class="zb-grow" />
                  <Button
                    kind="quiet"
                    onClick={() => setHeld(before => ({ ...before, compare: null }))}
                  >
                    Close
                  </Button>
                </div>
                <Compare view={held.compare} />
              </section>
            )}
          </>
        )}
        {chosen.tab === 'plan' &&
          (held.plan ? (
            <>
              <Plan view={held.plan} onSelect={goTo} />
              {host.live && (
                <div class="zb-bar">
                  <Button onClick={() => ask({ ask: 'plan' })}>Plan again</Button>
                  <Button onClick={() => act({ act: 'export' })}>Export as a script</Button>
                </div>
              )}
            </>
          ) : (
            <Waiting busy={now?.progress} />
          ))}
        {chosen.tab === 'store' &&
          (held.store ? (
            <Store view={held.store} host={host} onCollect={() => act({ act: 'gc' })} />
          ) : (
            <Waiting />
          ))}
      </div>
    </div>
  );
}

const isPinned = (run: RunHead) => (run as { pinned?: boolean }).pinned === true;
const Waiting = ({ busy }: { busy?: unknown }) => (
  <p class="zb-quiet zb-pad">
    {busy ? 'The kernel answers when the running cell has ended.' : 'Asking the kernel…'}
  </p>
);

interface HeaderProps {
  now: NotebookView | null;
  graph: GraphView | null;
  run: RunHead | null;
  onFollow: () => void;
}

/** Which pipeline, version and run; and how far a run has come. */
function Header({ now, graph, run, onFollow }: HeaderProps) {
  const shown = run ?? now?.run ?? graph?.run ?? null;
  const pipeline = shown?.pipeline || now?.pipeline || graph?.pipeline;
  if (!pipeline) {
    return null;
  }
  const progress = run ? null : (now?.progress ?? null);
  const version = run ? run.version : (now?.version ?? shown?.version ?? null);
  return (
    <div class="zb-bar zb-head-bar">
      <strong class="zb-wrap">{pipeline}</strong>
      <span>
        {versionText(version)}
        {!run && now?.draft && version !== null ? ' draft' : ''}
      </span>
      {shown && (
        <span>
          run {shown.number} <Mark status={shown.status} note={secondsText(shown.seconds)} />
        </span>
      )}
      {run && now && (
        <Button kind="quiet" onClick={onFollow}>
          Back to the notebook
        </Button>
      )}
      {progress && <Progress progress={progress} />}
    </div>
  );
}

function Progress({ progress }: { progress: NonNullable<NotebookView['progress']> }) {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    const began = Date.now();
    setPassed(0);
    const timer = setInterval(() => setPassed((Date.now() - began) / 1000), 1000);
    return () => clearInterval(timer);
  }, [progress]);
  const left = progress.left === null ? null : Math.max(0, progress.left - passed);
  const told =
    `${progress.step}, step ${progress.done + 1} of ${progress.total}` +
    (left === null ? '' : left > 0 ? `, about ${secondsText(left)} left` : ', longer than last time');
  return (
    <span class="zb-progress">
      <progress max={progress.total} value={progress.done} aria-label="Steps done" />
      <span>{told}</span>
    </span>
  );
}

interface TabsProps {
  tabs: readonly Tab[];
  tab: Tab;
  onTab: (tab: Tab) => void;
}

function Tabs({ tabs, tab, onTab }: TabsProps) {
  const move = (event: KeyboardEvent, place: number) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = tabs[(place + by + tabs.length) % tabs.length];
    if (by && next) {
      event.preventDefault();
      event.stopPropagation();
      onTab(next);
      const buttons = (event.currentTarget as HTMLElement).parentElement?.children;
      (buttons?.[(place + by + tabs.length) % tabs.length] as HTMLElement | undefined)?.focus();
    }
  };
  return (
    <div class="zb-tabs" role="tablist" aria-label="Views">
      {tabs.map((name, place) => (
        <button
          type="button"
          role="tab"
          aria-selected={name === tab}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => onTab(name)}
          onKeyDown={event => move(event, place)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

interface QuestionProps {
  text: string;
  onYes: () => void;
  onNo: () => void;
}

/** Asks in place, so that it works where dialogs are blocked; the harmless answer has the focus at once. */
function Question({ text, onYes, onNo }: QuestionProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current?.querySelector<HTMLElement>('.zb-quiet')?.focus(), []);
  return (
    <div
      class="zb-bar zb-question"
      role="alertdialog"
      aria-label={text}
      ref={box}
      onKeyDown={event => event.key === 'Escape' && onNo()}
    >
      <span>{text}</span>
      <Button kind="danger" onClick={onYes}>
        Forget it
      </Button>
      <Button kind="quiet" onClick={onNo}>
        Keep it
      </Button>
    </div>
  );
}

function startChoice(first: View | null): Chosen {
  const tab = TABS.find(name => name === first?.kind) ?? (first?.kind === 'compare' ? 'runs' : 'graph');
  return {
    tab,
    run: first?.kind === 'graph' || first?.kind === 'step' ? first.run : null,
    picked: first?.kind === 'compare' ? first.b : null,
    baseline: first?.kind === 'compare' ? first.a : null,
    step: first?.kind === 'step' ? first.name : ''
  };
}

function startHeld(first: View | null): Held {
  return !first ? {} : first.kind === 'notebook' ? { graph: first.graph } : { [first.kind]: first };
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A view that fails says so and leaves the rest of the page alone. */
function Fence(props: AppProps) {
  const [failed] = useErrorBoundary();
  return failed ? (
    <div class="zb">
      <p class="zb-failed-line" role="alert">
        {message(failed)}
      </p>
    </div>
  ) : (
    <App {...props} />
  );
}

/** Draw the application into an element; call the result to take it away again. */
export function mount(element: HTMLElement, props: AppProps): () => void {
  render(<Fence {...props} />, element);
  return () => render(null, element);
}
