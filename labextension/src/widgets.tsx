/** The views inside Lumino: the side panel, and the renderer of outputs saved in a notebook. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { mount } from './views/app';
import type { AppProps } from './views/app';
import { parseView } from './views/contract';
import type { View } from './views/contract';
import type { Host } from './views/host';
import { nobody } from './views/host';
import { Empty, NoSteps } from './views/pieces';

export const MIME = 'application/vnd.zenbook.history+json';

/** Why there is nothing to show, and what to do about it. */
export type Reason = 'no-notebook' | 'none' | 'asked' | 'bare' | 'foreign' | 'live';

export class Panel extends Widget {
  constructor() {
    super();
    this.addClass('zb-panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'zenbook');
  }

  /** Show this host from now on; the same reason and host again change nothing. */
  show_(host: Host, reason: Reason, key: string, first: View | null = null): void {
    if (key === this.key && !first) {
      return;
    }
    this.key = key;
    this.props = { host, first, empty: <Why reason={reason} /> };
    if (this.isVisible) {
      this.draw();
    }
  }

  /** Nothing is drawn and nothing asked while the panel is closed. */
  protected override onAfterShow(_: Message): void {
    this.draw();
  }

  protected override onAfterHide(_: Message): void {
    this.gone();
    this.gone = () => undefined;
  }

  protected override onBeforeDetach(_: Message): void {
    this.gone();
    this.gone = () => undefined;
  }

  private draw(): void {
    this.gone();
    this.gone = mount(this.node, this.props);
  }

  private key = '';
  private gone: () => void = () => undefined;
  private props: AppProps = { host: nobody, empty: <Why reason="no-notebook" /> };
}

function Why({ reason }: { reason: Reason }) {
  switch (reason) {
    case 'no-notebook':
      return (
        <Empty title="No notebook is open">
          <p>Open a notebook to see its steps, runs and versions.</p>
        </Empty>
      );
    case 'none':
      return (
        <Empty title="This notebook has no kernel">
          <p>Start its kernel, then run a cell with</p>
          <p>
            <code>%load_ext zenbook</code>
          </p>
        </Empty>
      );
    case 'asked':
      return (
        <Empty title="Waiting for the kernel">
          <p>It answers when it has started, or when the cell that it runs has ended.</p>
        </Empty>
      );
    case 'foreign':
      return (
        <Empty title="zenbook works with Python kernels">
          <p>This notebook’s kernel speaks another language.</p>
        </Empty>
      );
    case 'bare':
      return (
        <Empty title="zenbook is not loaded in this kernel">
          <p>Run a cell with</p>
          <p>
            <code>%load_ext zenbook</code>
          </p>
          <p>and write </p>
          <p>
            <code>%%step load_data</code>
          </p>
          <p>as the first line of a cell.</p>
        </Empty>
      );
    default:
      return (
        <NoSteps />
      );
  }
}

/** An output of ours: the saved View at once, and live while its kernel answers. */
export class Output extends Widget implements IRenderMime.IRenderer {
  constructor(private host: () => Host) {
    super();
    this.addClass('zb-output');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.gone();
    try {
      this.gone = mount(this.node, { host: this.host(), first: parseView(model.data[MIME]) });
    } catch (error) {
      this.node.textContent = `This zenbook output cannot be read (${String(
        error instanceof Error ? error.message : error
      )}).`;
    }
    return Promise.resolve();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.gone();
      super.dispose();
    }
  }

  private gone: () => void = () => undefined;
}
