/** One step: why it ran, who made its result, what it read and gave, how its code came about. */

import type { RunHead, StepView } from './contract';
import type { Host } from './host';
import {
  Button,
  CHANGE,
  Code,
  Diff,
  Fact,
  Listed,
  Mark,
  Section,
  Table,
  changed
} from './pieces';
import { secondsText, sizeText, versionText, when } from './words';

interface Props {
  view: StepView;
  host: Host;
  onRun: (run: RunHead) => void;
  onRestore: (() => void) | null;
  onRunFrom: (() => void) | null;
}

export function Step({ view, host, onRun, onRestore, onRunFrom }: Props) {
  const origin = view.origin;
  const cached = view.status === 'cached';
  return (
    <section class="zb-step" aria-label={`Step ${view.name}`}>
      <div class="zb-bar">
        <strong class="zb-wrap">{view.name}</strong>
        <Mark
          status={view.status}
          note={cached ? `saved ${secondsText(view.saved)}` : secondsText(view.seconds || null)}
        />
      </div>
      <Fact name="why">{view.why}</Fact>
      <Fact name="made by">
        {origin && cached && (
          <Button kind="link" onClick={() => onRun(origin)}>
            {`run ${origin.number} (${versionText(origin.version)}, ${when(origin.started)})`}
          </Button>
        )}
      </Fact>
      {view.error && <Code label="Error">{view.error}</Code>}
      <Fact name="not kept">{view.not_kept}</Fact>
      {view.remarks.map(remark => (
        <p class="zb-quiet">{remark}</p>
      ))}
      <div class="zb-bar">
        {host.goTo && <Button onClick={() => host.goTo?.(view.name)}>Go to cell</Button>}
        {onRunFrom && <Button onClick={onRunFrom}>Run from here</Button>}
        {onRestore && leavesValues(view) && (
          <Button onClick={onRestore}>Restore outputs</Button>
        )}
      </div>
      {view.outputs.length > 0 && (
        <Table
          label={`Outputs of ${view.name}`}
          head={['output', 'type', 'shape', 'size', 'preview']}
          rows={view.outputs.map(output => [
            output.name,
            <span title={output.type}>{output.type.split('.').at(-1)}</span>,
            output.shape ? output.shape.join('×') : '',
            sizeText(output.size),
            <code>{output.preview}</code>
          ])}
        />
      )}
      <Listed title="What changed" open head={CHANGE} rows={view.changes.map(changed)} />
      <Listed
        title="Inputs"
        head={['name', 'value']}
        rows={view.inputs.map(input => [
          input.name,
          input.old ? `${input.old} → ${input.new}` : input.new
        ])}
      />
      <Listed
        title="Files"
        head={['name', 'how', 'content']}
        rows={view.files.map(file => [file.name, file.kind, file.new])}
      />
      {view.displays.length > 0 && (
        <Section title={`Displays (${view.displays.length})`}>
          {view.displays.map(display =>
            display.kind === 'image' ? (
              <Picture base64={display.text} name={view.name} />
            ) : (
              <Code label={display.kind === 'error' ? 'Warnings' : 'Printed'}>{display.text}</Code>
            )
          )}
        </Section>
      )}
      {view.source && (
        <Section title="Source">
          <Code label={`Source of ${view.name}`}>{view.source}</Code>
        </Section>
      )}
      {view.versions.length > 1 && (
        <Section title={`Versions of its code (${view.versions.length})`}>
          {view.versions.map(version => (
            <Section title={`${versionText(version.number)} · ${when(version.created)}`}>
              <Diff lines={version.lines} label={`Change in version ${version.number}`} />
            </Section>
          ))}
        </Section>
      )}
    </section>
  );
}

/** Whether it gives values, or has changed its inputs: something that can be put back. */
const leavesValues = (view: StepView) =>
  view.outputs.length > 0 || view.inputs.some(input => input.kind === 'changed');

/** Only base64 becomes an address, so nothing else can be one. */
const Picture = ({ base64, name }: { base64: string; name: string }) =>
  /^[A-Za-z0-9+/=]+$/.test(base64) ? (
    <img class="zb-picture" alt={`Figure shown by ${name}`} src={`data:image/png;base64,${base64}`} />
  ) : null;
