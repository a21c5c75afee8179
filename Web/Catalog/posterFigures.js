/** What stands on posters, below the type: each takes numbers by chance and the paper, and gives SVG for 300 by 400. */
import { svg } from '../Page/dom.js';

const range = (count) => Array.from({ length: count }, (_, i) => i);
const pick = (random, list) => list[Math.floor(random() * list.length)];

/** Rows of seats around a stage, one of them lit. */
function seats(random, { inks: [one, two, three] }) {
  const rows = range(9).map((row) => {
    const radius = 70 + row * 26;
    const count = Math.round(radius / 9);
    return range(count + 1).map((i) => {
      const angle = Math.PI * (1.12 + (0.76 * i) / count);
      return { x: 150 + radius * Math.cos(angle), y: 418 + radius * Math.sin(angle), row };
    });
  });
  const visible = rows.flat().filter(({ x, y }) => x > 20 && x < 280 && y > 175);
  const lit = pick(random, visible.filter(({ row }) => row > 2 && row < 6));
  return [
    visible.map((seat) => svg('circle', {
      cx: seat.x, cy: seat.y, r: seat === lit ? 9 : 5.5, fill: seat === lit ? two : seat.row % 3 ? three : one,
    })),
    svg('circle', { cx: 150, cy: 418, r: 46, fill: one }),
  ];
}

/** A moon over the sea. */
function tide(random, { inks: [one, two, three] }) {
  const wave = (y, height, phase, ink) => {
    const points = range(31).map((i) => `${i * 10} ${y + height * Math.sin(phase + i / 4.2)}`);
    return svg('path', { d: `M0 400 L${points.join(' L')} L300 400 Z`, fill: ink });
  };
  const phase = random() * 6;
  return [
    svg('circle', { cx: 90 + random() * 120, cy: 235, r: 74, fill: one }),
    wave(268, 12, phase, three), wave(306, 15, phase + 1.7, two), wave(348, 13, phase + 3.1, one),
  ];
}

/** Strings that were just plucked. */
function strings(random, { inks: [one, two, three] }) {
  const [centre, width] = [110 + random() * 80, 26 + random() * 18];
  return range(19).map((i) => {
    const y = 178 + i * 11.5;
    const points = range(61).map((j) => {
      const x = j * 5;
      const swell = Math.exp(-(((x - centre - i * 2) / width) ** 2)) * (30 - Math.abs(i - 9) * 2.4);
      return `${x} ${(y - swell * (0.7 + 0.3 * Math.sin(j * 1.3 + i))).toFixed(1)}`;
    });
    return svg('path', {
      d: `M${points.join(' L')}`, fill: 'none', 'stroke-width': 2.6, 'stroke-linecap': 'round',
      stroke: i % 6 === 4 ? two : i % 2 ? one : three,
    });
  });
}

/** Beams from above that cross over a singer. */
function beams(random, { inks: [one, two, three] }) {
  const lean = random() * 60 - 30;
  const beam = (from, to, ink) =>
    svg('path', { d: `M${from} 150 L${to - 62} 400 L${to + 62} 400 Z`, fill: ink, opacity: 0.82 });
  return [
    beam(34, 196 + lean, three), beam(266, 104 + lean, one), beam(150, 150 + lean, two),
    svg('ellipse', { cx: 150 + lean, cy: 398, rx: 96, ry: 20, fill: one }),
    svg('circle', { cx: 150 + lean, cy: 318, r: 19, fill: 'currentColor' }),
    svg('path', { d: `M${121 + lean} 400 c0-46 12-58 29-58 s29 12 29 58 z`, fill: 'currentColor' }),
  ];
}

/** Quarters of discs, laid like tiles. */
function tiles(random, { inks }) {
  const size = 75;
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
  return range(12).map((i) => {
    const [x, y] = [(i % 4) * size, 175 + Math.floor(i / 4) * size];
    const [cx, cy] = pick(random, corners);
    const [ink, other] = [pick(random, inks), pick(random, inks)];
    const arc = `M${x + cx * size} ${y + cy * size} L${x + (1 - cx) * size} ${y + cy * size} `
      + `A${size} ${size} 0 0 ${cx === cy ? 1 : 0} ${x + cx * size} ${y + (1 - cy) * size} Z`;
    return [
      random() < 0.3 && svg('rect', { x, y, width: size, height: size, fill: ink }),
      svg('path', { d: arc, fill: other === ink ? 'currentColor' : other }),
    ];
  });
}

/** How loud it is, from low to high. */
function volume(random, { inks: [one, two, three] }) {
  let level = 0.5;
  return range(11).map((i) => {
    level = Math.min(1, Math.max(0.15, level + (random() - 0.5) * 0.7));
    const height = 40 + level * 170;
    return svg('rect', {
      x: 22 + i * 23.8, y: 382 - height, width: 15, height, rx: 7.5, fill: [one, three, two][Math.floor(level * 2.99)],
    });
  });
}

/** Discs that lie over each other. */
function discs(random, { inks: [one, two, three] }) {
  const turn = random() * 6.3;
  return [one, two, three].map((ink, i) => svg('circle', {
    cx: 150 + 52 * Math.cos(turn + i * 2.1), cy: 285 + 46 * Math.sin(turn + i * 2.1), r: 76 - i * 7, fill: ink,
    opacity: 0.88,
  })).concat(svg('circle', { cx: 150, cy: 285, r: 15, fill: 'currentColor' }));
}

export const figures = [seats, tide, strings, beams, tiles, volume, discs];
