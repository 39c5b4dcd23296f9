/**
 * The page's side of the link to one notebook's kernel: one comm, found again after anything.
 *
 * Whoever is late opens: a kernel that loads zenbook while we are here opens a comm that we take;
 * a kernel that had it before us has a comm in comm_info, and then we open our own. A kernel
 * without zenbook is asked once and left alone. Nothing is polled.
 */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { NotebookView } from './views/contract';
import { Exchange } from './views/exchange';

const TARGET = 'zenbook';

/** `none`: no kernel; `bare`: a kernel without zenbook; `live`: somebody answers. */
export type Standing = 'none' | 'bare' | 'live';

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
    return this.comm ? 'live' : this.kernel ? 'bare' : 'none';
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
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
    try {
      await kernel.info;
      const reply = await kernel.requestCommInfo({ target_name: TARGET });
      const known = reply.content.status === 'ok' && Object.keys(reply.content.comms).length > 0;
      if (known && kernel === this.kernel && !this.comm && !this.disposed) {
        const comm = kernel.createComm(TARGET);
        this.use(comm);
        await comm.open({}).done;
        void this.warm(comm);
      }
    } catch (error) {
      if (!this.disposed && kernel === this.kernel && !kernel.isDisposed) {
        console.warn('zenbook: the kernel could not be asked for its comms.', error);
      }
    }
  }

  /** The kernel opened a comm: zenbook was loaded just now. */
  private take = (comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg): void => {
    if (this.disposed || message.content.target_name !== TARGET) {
      return;
    }
    this.use(comm);
    void this.warm(comm);
  };

  /** The first message on a comm always takes the main thread: spend it, once the subshell is up. */
  private async warm(comm: Kernel.IComm): Promise<void> {
    const ready = (comm as { subshellStarted?: Promise<void> }).subshellStarted;
    const patience = new Promise(done => setTimeout(done, 2000));
    await Promise.race([ready, patience]).catch(() => undefined); // without one it is as before
    if (comm === this.comm && !comm.isDisposed) {
      comm.send({ warm: true });
    }
  }

  private use(comm: Kernel.IComm): void {
    this.exchange.reset('The kernel was restarted.');
    this.comm = comm;
    comm.onMsg = message => {
      if (comm === this.comm) {
        this.exchange.hear(message.content.data);
      }
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
  private disposed = false;
}
