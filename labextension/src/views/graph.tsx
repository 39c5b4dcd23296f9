/** The pipeline as a picture one can walk through with mouse or keyboard. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { GraphView, Node, Status, Wire } from './contract';
import { STATUSES } from './contract';
import { Button, Mark, NoSteps } from './pieces';
import { GLYPHS, secondsText, sizeText, versionText, word } from './words';

interface Props {
  view: GraphView;
  selected: string;
  onSelect: (step: string) => void;
  onOpen?: (step: string) => void;
}

interface Camera {
  x: number;
  y: number;
  zoom: number;
}

/** Up to this many edges always say what they carry; of more, those of the chosen step. */
const LABELS = 12;
/** Below this zoom a node says its glyph and name only, in letters that stay readable. */
const COMPACT = 0.6;
/** As small as a whole graph is drawn at first; a wider one is entered at its first step. */
const LEAST = 0.22;

export function Graph({ view, selected, onSelect, onOpen }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [camera, setCamera] = useState<Camera | null>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [hidden, setHidden] = useState<Set<Status>>(new Set());
  const [hovered, setHovered] = useState('');
  const drag = useRef<{ x: number; y: number; camera: Camera } | null>(null);

  useEffect(() => {
    const element = frame.current;
    if (!element) {
      return;
    }
    const watch = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight })
    );
    watch.observe(element);
    return () => watch.disconnect();
  }, [view.nodes.length === 0]);

  const fitted = useMemo(() => fit(view, size), [view.width, view.height, size]);
  const now = camera ?? fitted;
  const statuses = STATUSES.filter(status => view.nodes.some(node => node.status === status));
  const focus = hovered || selected;
  const order = useMemo(() => view.nodes.map(node => node.name), [view]);

  if (!view.nodes.length) {
    return <NoSteps />;
  }

  const zoomTo = (factor: number, at = { x: size.width / 2, y: size.height / 2 }) => {
    const zoom = Math.min(3, Math.max(0.05, now.zoom * factor));
    const ratio = zoom / now.zoom;
    setCamera({ zoom, x: at.x - (at.x - now.x) * ratio, y: at.y - (at.y - now.y) * ratio });
  };

  const reveal = (node: Node) => {
    const left = node.x * now.zoom + now.x;
    const top = node.y * now.zoom + now.y;
    const right = left + view.node_width * now.zoom;
    const bottom = top + view.node_height * now.zoom;
    if (left < 0 || top < 0 || right > size.width || bottom > size.height) {
      setCamera({
        ...now,
        x: size.width / 2 - (node.x + view.node_width / 2) * now.zoom,
        y: size.height / 2 - (node.y + view.node_height / 2) * now.zoom
      });
    }
  };

  const walk = (event: KeyboardEvent, node: Node) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (event.key === 'Enter' && selected === node.name) {
        onOpen?.(node.name);
      }
      onSelect(node.name);
      return;
    }
    const next = neighbour(view, node, event.key);
    if (next) {
      event.preventDefault();
      event.stopPropagation();
      reveal(next);
      const place = order.indexOf(next.name);
      frame.current?.querySelectorAll<SVGGElement>('.zb-node')[place]?.focus();
    }
  };

  const letters = now.zoom < COMPACT ? Math.min(46, 9.7 / now.zoom) : 0;
  const tabStop = order.includes(selected) ? selected : order[0];

  return (
    <div class="zb-graph">
      <div class="zb-bar">
        <div class="zb-chips" role="group" aria-label="Filter by status">
          {statuses.map(status => (
            <Button
              kind="quiet"
              pressed={!hidden.has(status)}
              title={`Show or hide steps that are: ${word(status)}`}
              onClick={() => setHidden(toggled(hidden, status))}
            >
              <Mark status={status} />{' '}
              {view.nodes.filter(node => node.status === status).length}
            </Button>
          ))}
        </div>
        <div class="zb-chips" role="group" aria-label="Zoom">
          <Button kind="quiet" label="Zoom out" onClick={() => zoomTo(0.8)}>
            −
          </Button>
          <Button kind="quiet" title="Show all steps" onClick={() => setCamera(fit(view, size, 0))}>
            Fit
          </Button>
          <Button kind="quiet" label="Zoom in" onClick={() => zoomTo(1.25)}>
            +
          </Button>
        </div>
      </div>
      <div
        class="zb-canvas"
        ref={frame}
        style={{ height: `${Math.min(460, Math.max(140, view.height * fitted.zoom + 8))}px` }}
        onWheel={event => {
          if (event.ctrlKey || event.metaKey) {
            event.preventDefault();
            const box = frame.current!.getBoundingClientRect();
            const at = { x: event.clientX - box.left, y: event.clientY - box.top };
            zoomTo(Math.exp(-event.deltaY / 300), at);
          }
        }}
        onPointerDown={event => {
          if (event.button === 0 && !(event.target as Element).closest('.zb-node')) {
            drag.current = { x: event.clientX, y: event.clientY, camera: now };
            frame.current!.setPointerCapture(event.pointerId);
          }
        }}
        onPointerMove={event => {
          const from = drag.current;
          if (from) {
            const { x, y, zoom } = from.camera;
            setCamera({ zoom, x: x + event.clientX - from.x, y: y + event.clientY - from.y });
          }
        }}
        onPointerUp={() => (drag.current = null)}
        onPointerCancel={() => (drag.current = null)}
      >
        <svg width="100%" height="100%" role="group" aria-label={view.summary}>
          <g transform={`translate(${now.x} ${now.y}) scale(${now.zoom})`}>
            <g aria-hidden="true">
              {view.edges.map(edge => (
                <Edge edge={edge} focus={focus} />
              ))}
            </g>
            {view.nodes.map(node => (
              <g
                key={node.name}
                class={
                  `zb-node zb-${node.status}` +
                  (node.name === selected ? ' zb-selected' : '') +
                  (hidden.has(node.status) ? ' zb-dim' : '')
                }
                transform={`translate(${node.x} ${node.y})`}
                role="button"
                tabindex={node.name === tabStop ? 0 : -1}
                aria-pressed={node.name === selected}
                aria-label={spoken(node, view.edges)}
                onClick={() => onSelect(node.name)}
                onDblClick={() => onOpen?.(node.name)}
                onKeyDown={event => walk(event, node)}
                onMouseEnter={() => setHovered(node.name)}
                onMouseLeave={() => setHovered('')}
              >
                <title>{[node.why, node.outputs.join(', ')].filter(Boolean).join('\n')}</title>
                <rect width={view.node_width} height={view.node_height} rx="5" />
                <rect class="zb-stripe" width="4" height={view.node_height} rx="2" />
                {letters ? (
                  <text class="zb-name zb-facts" x="11" y={30 + letters / 3} font-size={letters}>
                    {`${GLYPHS[node.status]} ${cut(node.name, Math.floor(235 / letters))}`}
                  </text>
                ) : (
                  <>
                    <text class="zb-name" x="14" y="25">
                      {cut(node.name, node.version === null ? 26 : 22)}
                    </text>
                    <text class="zb-version" x={view.node_width - 10} y="25" text-anchor="end">
                      {node.version === null ? '' : versionText(node.version)}
                    </text>
                    <text class="zb-facts" x="14" y="45">
                      {told(node)}
                    </text>
                  </>
                )}
              </g>
            ))}
            <g aria-hidden="true">
              {view.edges
                .filter(
                  edge => !letters && (focus ? touches(edge, focus) : view.edges.length <= LABELS)
                )
                .map((edge, place, shown) => (
                  <Label
                    edge={edge}
                    place={shown.slice(0, place).filter(other => other.target === edge.target).length}
                  />
                ))}
            </g>
          </g>
        </svg>
      </div>
    </div>
  );
}

const touches = (edge: Wire, step: string) => edge.source === step || edge.target === step;

function Edge({ edge, focus }: { edge: Wire; focus: string }) {
  const class_ = focus ? (touches(edge, focus) ? 'zb-edge zb-lit' : 'zb-edge zb-dim') : 'zb-edge';
  return (
    <path class={class_} d={curve(edge.points)}>
      <title>{`${edge.source} → ${edge.target}: ${edge.names.join(', ')}`}</title>
    </path>
  );
}

/** The names an edge carries, where it arrives; a second one at the same step stands higher. */
function Label({ edge, place }: { edge: Wire; place: number }) {
  const [x, y] = edge.points.at(-1) ?? [0, 0];
  const [fromX] = edge.points.at(-2) ?? [0, 0];
  if (!edge.names.length || place > 1) {
    return null;
  }
  const text = cut(edge.names.join(', '), 22);
  const width = 6.1 * text.length + 10;
  const side = Math.sign((fromX ?? 0) - (x ?? 0));
  const left = (x ?? 0) - width / 2 + side * (width / 2 + 6);
  return (
    <g class="zb-label" transform={`translate(${left} ${(y ?? 0) - 22 - place * 19})`}>
      <rect width={width} height="17" rx="3" />
      <text x={width / 2} y="12.5" text-anchor="middle">
        {text}
      </text>
    </g>
  );
}

function curve(points: number[][]): string {
  let path = '';
  let before: [number, number] = [0, 0];
  for (const [x = 0, y = 0] of points) {
    const middle = (before[1] + y) / 2;
    path += !path
      ? `M${x} ${y}`
      : x === before[0]
        ? `L${x} ${y}`
        : `C${before[0]} ${middle} ${x} ${middle} ${x} ${y}`;
    before = [x, y];
  }
  return path;
}

/** The whole graph, or at `least` this large; then as wide as the frame, with the first step. */
function fit(view: GraphView, size: { width: number; height: number }, least = LEAST): Camera {
  const { width, height } = size;
  const wide = width / view.width;
  if (!wide) {
    return { x: 0, y: 0, zoom: 1 };
  }
  const whole = Math.min(1, least ? wide : Math.min(wide, height / view.height));
  const zoom = whole < least ? 0.8 : whole;
  const middle = zoom > whole ? view.nodes[0]!.x + view.node_width / 2 : view.width / 2;
  return { zoom, x: width / 2 - middle * zoom, y: 4 };
}

function told(node: Node): string {
  const seconds = secondsText(node.seconds);
  const spared = node.status === 'cached' && seconds ? `saved ${seconds}` : seconds;
  const first = `${GLYPHS[node.status]} ${word(node.status)}`;
  return [first, spared, sizeText(node.size)].filter(Boolean).join(' · ');
}

function spoken(node: Node, edges: Wire[]): string {
  const reads = edges
    .filter(edge => edge.target === node.name)
    .map(edge => `${edge.names.join(', ')} from ${edge.source}`);
  const words = [
    `Step ${node.name}`,
    word(node.status),
    node.version === null ? '' : versionText(node.version),
    secondsText(node.seconds),
    sizeText(node.size),
    node.why,
    reads.length ? `reads ${reads.slice(0, 6).join('; ')}` : ''
  ];
  return words.filter(Boolean).join(', ');
}

const cut = (text: string, most: number) =>
  text.length > most ? text.slice(0, most - 1) + '…' : text;

function toggled<T>(set: Set<T>, item: T): Set<T> {
  const next = new Set(set);
  if (!next.delete(item)) {
    next.add(item);
  }
  return next;
}

/** The nearest node in the direction of an arrow key. */
function neighbour(view: GraphView, from: Node, key: string): Node | undefined {
  const ends: Record<string, Node | undefined> = { Home: view.nodes[0], End: view.nodes.at(-1) };
  if (key in ends) {
    return ends[key];
  }
  const [dx, dy] =
    { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key] ?? [];
  if (dx === undefined || dy === undefined) {
    return undefined;
  }
  const ahead = view.nodes.filter(
    node => (node.x - from.x) * dx > 1 || (node.y - from.y) * dy > 1
  );
  const far = (node: Node) =>
    Math.abs(node.y - from.y) * (dy ? 1 : 4) + Math.abs(node.x - from.x) * (dx ? 1 : 2);
  return ahead.sort((a, b) => far(a) - far(b))[0];
}
