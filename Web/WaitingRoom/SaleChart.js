/** Bars a minute, drawn as SVG at the size they are shown in. */
import { replace, svg } from '../Page/dom.js';

const height = 168;
const margin = { top: 12, right: 4, bottom: 26, left: 52 };
const minuteMs = 60_000;

/**
 * The minutes of a window without gaps: a minute in which nothing was sold has no row in the answer.
 *
 * @param rows [{startsAt: ms, …}]
 */
export function everyMinute(rows, { nowMs, minuteCount, fields }) {
  const byMinute = new Map(rows.map((row) => [Math.floor(row.startsAt / minuteMs), row]));
  const last = Math.floor(nowMs / minuteMs);
  return Array.from({ length: minuteCount }, (_, index) => {
    const minute = last - minuteCount + 1 + index;
    const row = byMinute.get(minute);
    return { startsAt: minute * minuteMs, ...Object.fromEntries(fields.map((field) => [field, row?.[field] ?? 0])) };
  });
}

/** The least of 2, 4, 10, 20, 40 … that is not below the largest value: its half is whole, and the scale seldom jumps. */
export function scaleTop(values, least) {
  const most = Math.max(least, ...values);
  const magnitude = 10 ** Math.floor(Math.log10(most));
  return [2, 4, 10].map((step) => step * magnitude).find((top) => top >= most);
}

/**
 * @param node where it is drawn, again at every call of `show` and when its width changes
 * @param format.value, format.short, format.time texts of a value, of one on the scale, of a moment
 */
export function barChart(node, { title, format, least = 4, signal }) {
  let shown = null;
  let width = 0;

  function draw() {
    if (!shown || !width) return;
    const { points, field } = shown;
    const top = scaleTop(points.map((point) => point[field]), least);
    const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
    const step = inner.width / points.length;
    const y = (value) => margin.top + inner.height * (1 - value / top);
    const lines = [0, top / 2, top].map((value) => [
      svg('line', { class: 'chart-line', x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }),
      svg('text', { class: 'chart-label', x: margin.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, format.short(value)),
    ]);
    const bars = points.map((point, index) => {
      const tall = (inner.height * point[field]) / top;
      return svg('rect', {
        class: index === points.length - 1 ? 'chart-bar chart-bar--now' : 'chart-bar',
        x: margin.left + index * step + Math.min(1, step * 0.15), y: margin.top + inner.height - tall,
        width: Math.max(1, step - Math.min(2, step * 0.3)), height: tall, rx: Math.min(2, step / 4),
      }, svg('title', null, `${format.time(point.startsAt)} · ${format.value(point[field])}`));
    });
    const every = Math.ceil(points.length / Math.max(2, Math.floor(inner.width / 90)));
    const times = points.flatMap((point, index) =>
      (points.length - 1 - index) % every ? [] : [
        svg('text', {
          class: 'chart-label', y: height - 6, x: Math.min(width - margin.right - 26, margin.left + (index + 0.5) * step),
          'text-anchor': 'middle',
        }, format.time(point.startsAt)),
      ]);
    replace(node, svg('svg', { class: 'chart', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': describe() },
      lines, bars, times));
  }

  function describe() {
    const { points, field } = shown;
    const sum = points.reduce((total, point) => total + point[field], 0);
    return `${title}: ${format.value(sum)}`;
  }

  const observer = new ResizeObserver(([entry]) => {
    width = Math.floor(entry.contentRect.width);
    draw();
  });
  observer.observe(node);
  signal.addEventListener('abort', () => observer.disconnect());

  return {
    show(points, field) {
      shown = { points, field };
      draw();
    },
  }
}
