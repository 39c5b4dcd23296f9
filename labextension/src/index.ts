/** zenbook in JupyterLab 4 and Notebook 7: badges, panel, outputs and commands. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { LabIcon } from '@jupyterlab/ui-components';
import { Badges } from './badges';
import { KernelLink } from './link';
import type { NotebookView, View } from './views/contract';
import type { Deed, Done, Host } from './views/host';
import { nobody } from './views/host';
import { plain } from './views/shape';
import type { Reason } from './widgets';
import { MIME, Output, Panel } from './widgets';

const ID = 'zenbook:plugin';

const icon = new LabIcon({
  name: 'zenbook:icon',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">' +
    '<g class="jp-icon3" fill="#616161"><circle cx="4" cy="3.5" r="2.3"/>' +
    '<circle cx="12" cy="8" r="2.3"/><circle cx="4" cy="12.5" r="2.3"/></g>' +
    '<path class="jp-icon3" stroke="#616161" stroke-width="1.3" fill="none" ' +
    'd="M6 4.5 10 7M10 9l-4 2.5"/></svg>'
});

/** One notebook: its link, its badges, and what its views may ask for. */
class Desk {
  constructor(
    readonly panel: NotebookPanel,
    private app: JupyterFrontEnd,
    private documents: IDocumentManager | null,
    onOpen: (step: string) => void
  ) {
    this.link = new KernelLink(panel.sessionContext);
    this.badges = new Badges(panel, this.link, onOpen);
    panel.disposed.connect(() => {
      this.badges.dispose();
      this.link.dispose();
    });
  }

  readonly link: KernelLink;
  readonly badges: Badges;

  get reason(): Reason {
    const standing = this.link.standing;
    const language = this.panel.model?.defaultKernelLanguage;
    return standing !== 'none' && standing !== 'live' && language && language !== 'python' ? 'foreign' : standing;
  }

  /** One for as long as the notebook is open: the views remember by it what was chosen. */
  readonly host: Host = Object.defineProperty(
    {
      live: false,
      ask: question => this.link.exchange.ask(question),
      act: deed => this.act(deed),
      follow: hear => this.follow(hear),
      goTo: step => this.goTo(step),
      openFile: path => this.open(path)
    } satisfies Host,
    'live',
    { get: () => this.link.standing === 'live' }
  );

  private follow(hear: (state: NotebookView) => void): () => void {
    const told = (_: unknown, state: NotebookView | null) => state && hear(state);
    this.badges.shownChanged.connect(told);
    if (this.badges.shown) {
      hear(this.badges.shown);
    }
    return () => void this.badges.shownChanged.disconnect(told);
  }

  /** Steps of this notebook are run as its own cells; everything else the kernel does. */
  private async act(deed: Deed): Promise<Done> {
    const cell = deed.act === 'run_from' ? this.badges.cellOf(deed.step) : null;
    if (!cell) {
      return this.link.exchange.act(deed);
    }
    const notebook = this.panel.content;
    notebook.activeCellIndex = notebook.widgets.indexOf(cell);
    notebook.deselectAll();
    await NotebookActions.runAllBelow(notebook, this.panel.sessionContext);
    return { said: `Ran the cells from ${deed.act === 'run_from' ? deed.step : ''} on.` };
  }

  goTo(step: string): void {
    const cell = this.badges.cellOf(step);
    if (cell) {
      const notebook = this.panel.content;
      this.app.shell.activateById(this.panel.id);
      notebook.activeCellIndex = notebook.widgets.indexOf(cell);
      void notebook.scrollToCell(cell);
      notebook.activate();
    }
  }

  /** `path` is relative to the notebook; anything that leaves its folder is not opened. */
  private open(path: string): void {
    const clean = path.replace(/^\.\//, '');
    if (/^[\\/]|^[A-Za-z][\w+.-]*:|(^|[\\/])\.\.([\\/]|$)/.test(clean)) {
      return;
    }
    const folder = this.panel.context.path.split('/').slice(0, -1);
    this.documents?.openOrReveal([...folder, clean].join('/'));
  }
}

function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  documents: IDocumentManager | null,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null,
  labShell: ILabShell | null,
  settings: ISettingRegistry | null
): void {
  const desks = new Map<NotebookPanel, Desk>();
  const panel = new Panel();
  panel.id = 'zenbook-panel';
  panel.title.icon = icon;
  panel.title.caption = 'zenbook: steps, runs and versions';
  app.shell.add(panel, 'right', { rank: 300, type: 'Sidebar' });
  restorer?.add(panel, 'zenbook-panel');

  const current = (): Desk | null => {
    const open = tracker.currentWidget;
    return open ? (desks.get(open) ?? null) : null;
  };

  /** Show the notebook in front; a View to start with when a command asked for one. */
  const refresh = (first: View | null = null): void => {
    const desk = current();
    const reason = desk?.reason ?? 'no-notebook';
    const key = `${desk?.panel.id} ${reason}`;
    panel.show_(desk?.host ?? nobody, reason, key, first);
  };

  const reveal = (): void => {
    if (!panel.isVisible) {
      app.shell.activateById(panel.id);
    }
  };

  let badgesOn = true;
  tracker.widgetAdded.connect((_, added) => {
    // Our own renderer, with this notebook's link behind it; rank -20 is before ipywidgets' -10.
    added.content.rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [MIME],
        createRenderer: () => new Output(() => desks.get(added)?.host ?? nobody)
      },
      -20
    );
    void added.context.ready.then(() => {
      if (added.isDisposed) {
        return;
      }
      const desk = new Desk(added, app, documents, () => {
        refresh();
        reveal();
      });
      desk.badges.enabled = badgesOn;
      desks.set(added, desk);
      added.disposed.connect(() => desks.delete(added));
      desk.link.standingChanged.connect(() => refresh());
      refresh();
    });
  });
  tracker.currentChanged.connect(() => refresh());

  if (settings) {
    void settings
      .load(ID)
      .then(setting => {
        const read = () => {
          badgesOn = setting.get('badges').composite !== false;
          desks.forEach(desk => {
            desk.badges.enabled = badgesOn;
            desk.badges.later();
          });
        };
        read();
        setting.changed.connect(read);
      })
      .catch(error => console.warn('zenbook: settings could not be read.', error));
  }

  const ask = async (question: { ask: 'plan' } | { ask: 'runs'; offset: number; limit: number }) => {
    const desk = current();
    reveal();
    if (desk?.link.standing !== 'live') {
      refresh();
      return;
    }
    try {
      refresh(await desk.link.exchange.ask(question));
    } catch (error) {
      tell(error);
    }
  };

  const exportScript = async () => {
    const desk = current();
    if (desk?.link.standing !== 'live') {
      reveal();
      return;
    }
    try {
      await desk.panel.context.save();
      const done = await desk.host.act({ act: 'export' });
      Notification.success(done.said, { autoClose: 5000 });
      if (done.path) {
        desk.host.openFile?.(done.path);
      }
    } catch (error) {
      tell(error);
    }
  };

  const commands: [string, string, string, () => unknown][] = [
    [
      'zenbook:panel',
      'zenbook: Steps, Runs and Versions',
      'Show or hide the panel of steps, runs and versions',
      () => {
        if (panel.isVisible && labShell) {
          labShell.collapseRight();
        } else {
          refresh();
          app.shell.activateById(panel.id);
        }
      }
    ],
    ['zenbook:plan', 'zenbook: Plan', 'Say what would run, without running it', () => ask({ ask: 'plan' })],
    [
      'zenbook:runs',
      'zenbook: Runs',
      'Show the runs of this notebook',
      () => ask({ ask: 'runs', offset: 0, limit: 100 })
    ],
    [
      'zenbook:export',
      'zenbook: Export as a Script',
      'Write the notebook as a pipeline script and open it',
      exportScript
    ]
  ];
  for (const [command, label, caption, execute] of commands) {
    app.commands.addCommand(command, {
      label,
      caption,
      icon: command === 'zenbook:panel' ? icon : undefined,
      isEnabled: () => tracker.currentWidget !== null,
      execute: async () => {
        await execute();
      },
      describedBy: { args: { type: 'object', properties: {} } }
    });
    palette?.addItem({ command, category: 'zenbook' });
  }
}

function tell(error: unknown): void {
  const said = plain(error instanceof Error ? error.message : String(error));
  Notification.error(said, { autoClose: 8000 });
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Badges on step cells, and the panel of runs and versions.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [IDocumentManager, ICommandPalette, ILayoutRestorer, ILabShell, ISettingRegistry],
  activate
};

export default plugin;
