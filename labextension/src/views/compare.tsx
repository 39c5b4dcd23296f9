/** Two runs side by side: only what differs. */

import type { CompareView, StepPair } from './contract';
import { Diff, Mark, Pairs, Section, Table } from './pieces';
import { secondsText, versionText, when } from './words';

export function Compare({ view }: { view: CompareView }) {
  return (
    <div class="zb-compare">
      <p>{view.summary}</p>
      <Table
        label="The two runs"
        head={['side', 'run', 'version', 'status', 'started', 'took']}
        rows={[view.a, view.b].map((run, place) => [
          place ? 'compared' : 'baseline',
          `run ${run.number}`,
          versionText(run.version),
          <Mark status={run.status} />,
          when(run.started),
          secondsText(run.seconds)
        ])}
      />
      <Pairs label="parameter" pairs={view.parameters} />
      <Pairs label="metric" pairs={view.metrics} />
      <Table
        label="Steps"
        head={['step', 'baseline', 'compared', 'result']}
        rows={view.steps.map(step => [
          step.name,
          step.a ? <Mark status={step.a.status} note={secondsText(step.a.seconds)} /> : '–',
          step.b ? <Mark status={step.b.status} note={secondsText(step.b.seconds)} /> : '–',
          step.same ? 'the same' : (step.b?.why ?? 'only in the baseline')
        ])}
      />
      {view.steps.filter(differs).map(step => (
        <Section title={`${step.name}: ${differences(step)}`} open={step.code.length > 0}>
          {step.code.length > 0 && <Diff lines={step.code} label={`Code of ${step.name}`} />}
          <Pairs label="reason" pairs={step.parts} />
          <Pairs label="output" pairs={step.outputs} />
        </Section>
      ))}
    </div>
  );
}

const differs = (step: StepPair) =>
  step.code.length + step.parts.length + step.outputs.length > 0;

function differences(step: StepPair): string {
  const told = [
    step.code.length ? 'code' : '',
    step.parts.length ? 'inputs and files' : '',
    step.outputs.length ? 'outputs' : ''
  ];
  return told.filter(Boolean).join(', ');
}
