/**
 * The page's side of the link to one notebook's kernel: one comm, found again after anything.
 *
 * Whoever is late opens: a kernel that loads zenbook while we are here opens a comm, and a kernel
 * that had it before us has one in comm_info; in both cases we then open our own over a subshell,
 * so that the kernel answers while a cell runs. Where there are no subshells the kernel's comm is
 * used as it is. A kernel without zenbook is asked once and left alone. Nothing is polled.
 */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { NotebookView } from './views/contract';
import { Exchange } from './views/exchange';

const TARGET = 'zenbook';

/**
 * `none`: no kernel; `asked`: a kernel that has not said yet; `bare`: one without zenbook;
 * `live`: somebody answers.
 */
export type Standing = 'none' | 'asked' | 'bare' | 'live';

export class KernelLink implements IDisposable {
  constructor(private context: ISessionContext) {
    this.exchange = new Exchange(message => {
      if (this.comm) {
        this.comm.send(message as never);
      } else {
        this.exchange.hear({ id: message.id, error: 'zenbook is not loaded in this kernel.' });
      }
    });
    this.exchange.follow(state => this.stateChanged.emit(state));
    context.kernelChanged.connect(this.meet, this);
    context.statusChanged.connect(this.watch, this);
    this.meet();
  }

  readonly exchange: Exchange;
  readonly stateChanged = new Signal<this, NotebookView>(this);
  readonly standingChanged = new Signal<this, Standing>(this);

  get standing(): Standing {
    return this.comm ? 'live' : this.kernel ? (this.said ? 'bare' : 'asked') : 'none';
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    if (this.own && this.comm && this.kernel && !this.kernel.isDisposed) {
      this.comm.close(); // the kernel need not tell us of changes any more
    }
    this.leave();
    Signal.clearData(this);
  }

  /** Meet the kernel that is there now, if it is another one. */
  private meet(): void {
    const kernel = this.context.session?.kernel ?? null;
    if (kernel === this.kernel) {
      return;
    }
    this.leave();
    this.kernel = kernel;
    this.said = false;
    kernel?.registerCommTarget(TARGET, this.take);
    void this.find();
    this.standingChanged.emit(this.standing);
  }

  private watch(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this.hangUp();
    }
  }

  /** Open a comm if the kernel has one of ours already. */
  private async find(): Promise<void> {
    const kernel = this.kernel;
    if (!kernel) {
      return;
    }
    const here = () => kernel === this.kernel && !this.disposed;
    try {
      await kernel.info;
      const reply = await kernel.requestCommInfo({ target_name: TARGET });
      const known = reply.content.status === 'ok' && Object.keys(reply.content.comms).length > 0;
      if (known && here() && !this.comm) {
        await this.open(kernel);
      }
    } catch (error) {
      if (here() && !kernel.isDisposed) {
        console.warn('zenbook: the kernel could not be asked for its comms.', error);
      }
    }
    if (here()) {
      this.said = true;
      this.standingChanged.emit(this.standing);
    }
  }

  /** The kernel opened a comm: zenbook was loaded just now. */
  private take = (comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg): void => {
    const kernel = this.kernel;
    if (this.disposed || !kernel || message.content.target_name !== TARGET) {
      return;
    }
    this.exchange.reset('The kernel was restarted.');
    this.own = false;
    this.use(comm);
    if (hasSubshells(kernel)) {
      void this.open(kernel, comm.commId);
    }
  };

  /**
   * Open a comm of our own, in the subshell that JupyterLab starts for it; without one it is
   * answered between cells. Opened elsewhere, ipykernel would keep it on the main thread.
   */
  private async open(kernel: Kernel.IKernelConnection, instead = ''): Promise<void> {
    const comm = kernel.createComm(TARGET);
    if (hasSubshells(kernel)) {
      // Sent before, it would wait in the main shell, and what follows it would overtake it.
      await (comm as { subshellStarted?: Promise<void> }).subshellStarted?.catch(() => undefined);
    }
    if (kernel !== this.kernel || kernel.isDisposed || this.disposed) {
      comm.dispose();
      return;
    }
    comm.open(instead ? { instead } : {});
    this.own = true;
    this.use(comm);
  }

  /** Send over this comm from now on; answers may still come over the one before. */
  private use(comm: Kernel.IComm): void {
    this.comm = comm;
    comm.onMsg = message => {
      this.exchange.hear(message.content.data);
    };
    comm.onClose = () => {
      if (comm === this.comm) {
        this.hangUp();
      }
    };
    this.standingChanged.emit(this.standing);
  }

  private hangUp(): void {
    if (this.comm) {
      this.comm = null;
      this.exchange.reset('The kernel went away.');
      this.standingChanged.emit(this.standing);
    }
  }

  private leave(): void {
    if (this.kernel && !this.kernel.isDisposed) {
      this.kernel.removeCommTarget(TARGET, this.take);
    }
    this.hangUp();
    this.kernel = null;
  }

  private kernel: Kernel.IKernelConnection | null = null;
  private comm: Kernel.IComm | null = null;
  private said = false;
  private own = false;
  private disposed = false;
}

const hasSubshells = (kernel: Kernel.IKernelConnection): boolean =>
  kernel.supportsSubshells && String(kernel.commsOverSubshells) !== 'disabled';
