// Draws the seats of a layout for staff, and says what was pointed at. It keeps no truth: it is shown arrays by ordinal
// and tells ordinals.

const seatSize = 0.78;
/** From this many pixels on a seat is drawn with round corners, and a blocked one with a cross. */
const detailPixels = 5;
const scaleMax = 60;
const wheelStep = 0.0015;

/**
 * @param canvas fills its parent, whose size it follows
 * @param on.pick called with the ordinal under a click, or -1
 * @param on.drag called while a seat is dragged: (ordinal, {dx, dy} in seat widths since the last call, isDone)
 * @param on.marquee called with the ordinals inside a rectangle; without it a drag beside the seats moves the view
 * @param signal ends listening
 */
export function seatCanvas(canvas, { on = {}, signal }) {
  const context = canvas.getContext('2d');
  let shown = null;
  let view = null;
  let frame = 0;
  let mode = 'move';
  let marquee = null;
  const pointers = new Map();
  let grabbed = null;

  const size = () => ({ width: canvas.clientWidth, height: canvas.clientHeight });

  function fit() {
    if (!shown) return;
    const { width, height } = size();
    const { left, right, top, bottom } = shown.bounds;
    if (!width || !height) return;
    const scale = Math.min(width / (right - left), height / (bottom - top), scaleMax);
    view = { scale, x: width / 2 - (scale * (left + right)) / 2, y: height / 2 - (scale * (top + bottom)) / 2 };
    draw();
  }

  function zoom(factor, at) {
    if (!view) return;
    const { width, height } = size();
    const point = at ?? { x: width / 2, y: height / 2 };
    const scale = Math.min(scaleMax, Math.max(0.3, view.scale * factor));
    const ratio = scale / view.scale;
    view = { scale, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio };
    draw();
  }

  function draw() {
    if (!frame) frame = requestAnimationFrame(paint);
  }

  function paint() {
    frame = 0;
    if (!shown || !view) return;
    const { width, height } = size();
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    paintStage();
    for (const group of shown.groups) paintGroup(group, width, height);
    for (const name of shown.names ?? []) paintName(name);
    if (marquee) paintMarquee();
  }

  function paintStage() {
    const [x, y, w, h] = [view.x - 9 * view.scale, view.y - 4.2 * view.scale, 18 * view.scale, 4.4 * view.scale];
    context.fillStyle = shown.stage.colour;
    context.beginPath();
    context.roundRect(x, y, w, h, Math.min(12, view.scale));
    context.fill();
    const pixels = Math.min(16, view.scale * 1.9);
    if (pixels < 7) return;
    context.fillStyle = shown.stage.ink;
    context.font = `600 ${pixels}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(shown.stage.name, x + w / 2, y + h / 2);
  }

  // One path a group: setting a colour costs far more than a rectangle.
  function paintGroup({ colour, ordinals, mark, alpha = 1 }, width, height) {
    const pixels = view.scale * seatSize;
    const half = pixels / 2;
    const isFine = pixels >= detailPixels;
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.beginPath();
    for (const ordinal of ordinals) {
      const x = view.x + shown.x[ordinal] * view.scale;
      const y = view.y + shown.y[ordinal] * view.scale;
      if (x < -pixels || y < -pixels || x > width + pixels || y > height + pixels) continue;
      if (isFine) context.roundRect(x - half, y - half, pixels, pixels, pixels * 0.3);
      else context.rect(x - half, y - half, Math.max(pixels, 1), Math.max(pixels, 1));
    }
    context.fill();
    if (mark && isFine) paintMarks(mark, ordinals, half * 0.45);
    context.globalAlpha = 1;
  }

  function paintMarks({ colour, shape }, ordinals, reach) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1, view.scale * 0.1);
    context.beginPath();
    for (const ordinal of ordinals) {
      const x = view.x + shown.x[ordinal] * view.scale;
      const y = view.y + shown.y[ordinal] * view.scale;
      if (shape === 'ring') {
        context.moveTo(x + reach * 1.7, y);
        context.arc(x, y, reach * 1.7, 0, 2 * Math.PI);
        continue;
      }
      context.moveTo(x - reach, y - reach);
      context.lineTo(x + reach, y + reach);
      if (shape === 'cross') {
        context.moveTo(x + reach, y - reach);
        context.lineTo(x - reach, y + reach);
      }
    }
    context.stroke();
  }

  function paintName({ text, x, y, isStrong, extent }) {
    const pixels = Math.min(15, Math.max(10, view.scale * 2));
    context.font = `${isStrong ? 700 : 600} ${pixels}px system-ui, sans-serif`;
    const width = context.measureText(text).width;
    // A name wider than its block would cover its neighbours.
    if (width > extent * view.scale * 1.1) return;
    const [left, top] = [view.x + x * view.scale, view.y + y * view.scale];
    context.fillStyle = shown.nameGround;
    context.globalAlpha = 0.9;
    context.beginPath();
    context.roundRect(left - width / 2 - 6, top - pixels * 0.8, width + 12, pixels * 1.6, 6);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = shown.nameInk;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(text, left, top + 0.5);
  }

  function paintMarquee() {
    const { left, top, right, bottom } = marqueeEdges();
    context.fillStyle = context.strokeStyle = shown.accent;
    context.lineWidth = 1.5;
    context.globalAlpha = 0.14;
    context.fillRect(left, top, right - left, bottom - top);
    context.globalAlpha = 1;
    context.strokeRect(left, top, right - left, bottom - top);
  }

  const marqueeEdges = () => ({
    left: Math.min(marquee.from.x, marquee.to.x), right: Math.max(marquee.from.x, marquee.to.x),
    top: Math.min(marquee.from.y, marquee.to.y), bottom: Math.max(marquee.from.y, marquee.to.y),
  });

  // Pointing

  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  function seatAt({ x, y }) {
    if (!shown || !view) return -1;
    const [wantedX, wantedY] = [(x - view.x) / view.scale, (y - view.y) / view.scale];
    // A fingertip may miss a small seat by a little.
    let [best, nearest] = [-1, Math.max(0.9, 8 / view.scale) ** 2];
    for (let ordinal = 0; ordinal < shown.x.length; ordinal++) {
      const distance = (shown.x[ordinal] - wantedX) ** 2 + (shown.y[ordinal] - wantedY) ** 2;
      if (distance < nearest) [best, nearest] = [ordinal, distance];
    }
    return best;
  }

  function seatsInMarquee() {
    const { left, top, right, bottom } = marqueeEdges();
    const found = [];
    for (let ordinal = 0; ordinal < shown.x.length; ordinal++) {
      const x = view.x + shown.x[ordinal] * view.scale;
      const y = view.y + shown.y[ordinal] * view.scale;
      if (x >= left && x <= right && y >= top && y <= bottom) found.push(ordinal);
    }
    return found;
  }

  function down(event) {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    const at = point(event);
    pointers.set(event.pointerId, at);
    if (pointers.size > 1) {
      grabbed = marquee = null;
      return;
    }
    grabbed = { start: at, last: at, seat: seatAt(at), isMoved: false };
  }

  function move(event) {
    if (!pointers.has(event.pointerId)) return;
    const at = point(event);
    if (pointers.size === 2) pinch(event.pointerId, at);
    const before = pointers.get(event.pointerId);
    pointers.set(event.pointerId, at);
    if (!grabbed) return;
    if (!grabbed.isMoved && Math.hypot(at.x - grabbed.start.x, at.y - grabbed.start.y) < 4) return;
    grabbed.isMoved = true;
    if (mode === 'marquee') {
      marquee = { from: grabbed.start, to: at };
      draw();
    } else if (grabbed.seat >= 0 && on.drag) {
      on.drag(grabbed.seat, { dx: (at.x - grabbed.last.x) / view.scale, dy: (at.y - grabbed.last.y) / view.scale }, false);
      grabbed.last = at;
    } else {
      view = { ...view, x: view.x + at.x - before.x, y: view.y + at.y - before.y };
      draw();
    }
  }

  function up(event) {
    if (!pointers.delete(event.pointerId) || !grabbed) return;
    const { seat, isMoved } = grabbed;
    grabbed = null;
    if (marquee) {
      on.marquee?.(seatsInMarquee());
      marquee = null;
      draw();
    } else if (!isMoved) on.pick?.(seat);
    else if (seat >= 0) on.drag?.(seat, { dx: 0, dy: 0 }, true);
  }

  function pinch(moved, at) {
    const [other] = [...pointers].filter(([id]) => id !== moved).map(([, where]) => where);
    const before = pointers.get(moved);
    const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
    const wasApart = Math.hypot(before.x - other.x, before.y - other.y);
    if (wasApart > 0) zoom(Math.hypot(at.x - other.x, at.y - other.y) / wasApart, middle);
    view = { ...view, x: view.x + (at.x - before.x) / 2, y: view.y + (at.y - before.y) / 2 };
  }

  canvas.addEventListener('pointerdown', down, { signal });
  canvas.addEventListener('pointermove', move, { signal });
  canvas.addEventListener('pointerup', up, { signal });
  canvas.addEventListener('pointercancel', up, { signal });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * wheelStep), point(event));
  }, { signal, passive: false });
  const observer = new ResizeObserver(() => (view ? draw() : fit()));
  observer.observe(canvas);
  signal.addEventListener('abort', () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  });

  return {
    /**
     * @param next.x, next.y by ordinal; next.bounds; next.groups [{colour, ordinals, mark?: {colour, shape}, alpha?}];
     *   next.names [{text, x, y, isStrong, extent}]; next.stage {name, colour, ink}; colours of names and the marquee
     */
    show(next) {
      const isFirst = !shown;
      shown = next;
      if (isFirst || !view) fit();
      else draw();
    },
    fit,
    zoom,
    /** `move` drags seats and the view, `marquee` draws a rectangle. */
    setMode(next) {
      mode = next;
    },
  };
}
