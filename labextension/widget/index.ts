/** The views as an anywidget: the kernel answers over the widget's own messages. */

import { parseView } from '../src/views/contract';
import type { View } from '../src/views/contract';
import { Exchange } from '../src/views/exchange';
import type { Host } from '../src/views/host';
import { mount } from '../src/views/app';

interface Model {
  send(message: Record<string, unknown>): void;
  on(event: 'msg:custom', hear: (message: unknown) => void): void;
  off(event: 'msg:custom', hear: (message: unknown) => void): void;
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const root = document.createElement('div');
  el.append(root);

  const exchange = new Exchange(message => model.send(message));
  const host: Host = {
    live: true,
    ask: question => exchange.ask(question),
    act: deed => exchange.act(deed),
    follow: hear => exchange.follow(hear)
  };
  let gone = () => {};
  const draw = (first: View | null) => {
    gone();
    gone = mount(root, { host, first });
  };
  const hear = (message: unknown) => {
    const given = message as { first?: unknown } | null;
    if (given && given.first !== undefined) {
      draw(parseView(given.first));
    } else {
      exchange.hear(message);
    }
  };
  model.on('msg:custom', hear);
  model.send({ hello: true });
  return () => {
    model.off('msg:custom', hear);
    exchange.reset('The widget was closed.');
    gone();
  };
}

export default { render };
