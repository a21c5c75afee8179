/**
 * The shape of each grade, so that nobody needs its colour to tell it from the others. On the map and in the legend.
 */
import { svg } from '../Page/dom.js';

const shapes = ['circle', 'square', 'diamond', 'hexagon', 'triangle', 'pentagon'];
/** How many colours the tokens have for grades. */
export const colourCount = 8;

/** Corners on a circle of radius 1, so that no shape reaches its neighbour. */
const cornersOf = {
  diamond: polygon(4, -90, 1.08),
  hexagon: polygon(6, 0, 1.02),
  triangle: polygon(3, -90, 1.12).map(([x, y]) => [x, y + 0.14]),
  pentagon: polygon(5, -90, 1.06),
};
const squareHalf = 0.84;

export function shapeOf(grade) {
  return shapes[grade % shapes.length];
}

/** Adds a shape to the path of a canvas. */
export function addShape(context, shape, x, y, radius) {
  if (shape === 'circle') {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  } else if (shape === 'square') {
    const half = radius * squareHalf;
    // Corners of less than a pixel only cost time.
    if (half < 5) context.rect(x - half, y - half, 2 * half, 2 * half);
    else context.roundRect(x - half, y - half, 2 * half, 2 * half, half * 0.42);
  } else {
    const corners = cornersOf[shape];
    context.moveTo(x + corners[0][0] * radius, y + corners[0][1] * radius);
    for (let index = 1; index < corners.length; index += 1) {
      context.lineTo(x + corners[index][0] * radius, y + corners[index][1] * radius);
    }
    context.closePath();
  }
}

/** The mark of a grade beside its name. It says nothing by itself, so screen readers pass it by. */
export function gradeMark(grade) {
  const shape = shapeOf(grade);
  const side = 2 * squareHalf;
  const mark = {
    circle: () => svg('circle', { r: 1 }),
    square: () => svg('rect', { x: -squareHalf, y: -squareHalf, width: side, height: side, rx: 0.35 }),
  }[shape] ?? (() => svg('polygon', { points: cornersOf[shape].map((corner) => corner.join(',')).join(' ') }));
  return svg('svg', {
    class: ['grade-mark', `grade-${(grade % colourCount) + 1}`], viewBox: '-1.25 -1.25 2.5 2.5', 'aria-hidden': 'true',
  }, mark());
}

function polygon(count, firstDegrees, radius) {
  return Array.from({ length: count }, (_, index) => {
    const angle = ((firstDegrees + (360 / count) * index) * Math.PI) / 180;
    return [Math.cos(angle) * radius, Math.sin(angle) * radius];
  });
}
