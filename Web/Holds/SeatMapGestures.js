/** What fingers, mice and keys do to the map. */

/** A finger that moved less has tapped. */
const tapMovePx = 9;
const doubleTapMs = 300;
const panStepPx = 90;
const zoomStep = 1.6;
/** How much of the speed of a flick is left after a millisecond. */
const friction = 0.995;

/**
 * @param map A `SeatMapCanvas`.
 * @param {{tap: (x: number, y: number, kind: string) => void, hover: (x: number, y: number) => void,
 *   leave: () => void, key: (event: KeyboardEvent) => boolean}} on `key` says whether it did something with the key.
 */
export function watchGestures(map, on, signal) {
  const { canvas, camera } = map;
  const pointers = new Map();
  let moved = 0;
  let lastTap = { atMs: 0, x: 0, y: 0 };
  let flick = null;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top, atMs: event.timeStamp };
  };
  const listen = (type, handle, options) => canvas.addEventListener(type, handle, { signal, ...options });

  listen('pointerdown', (event) => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { ...place(event), trail: [] });
    if (pointers.size === 1) moved = 0;
    flick = null;
  });

  listen('pointermove', (event) => {
    const pointer = pointers.get(event.pointerId);
    const now = place(event);
    if (!pointer) {
      if (event.pointerType === 'mouse') on.hover(now.x, now.y);
      return;
    }
    const [dx, dy] = [now.x - pointer.x, now.y - pointer.y];
    moved += Math.hypot(dx, dy);
    if (pointers.size === 1) {
      if (moved > tapMovePx) {
        canvas.classList.add('is-grabbed');
        on.leave();
        camera.panBy(dx, dy);
      }
    } else if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.hypot(pointer.x - other.x, pointer.y - other.y);
      const after = Math.hypot(now.x - other.x, now.y - other.y);
      // Each finger moves the middle between both by half of its own way.
      camera.panBy(dx / 2, dy / 2);
      if (before > 0) camera.zoomBy(after / before, (now.x + other.x) / 2, (now.y + other.y) / 2);
    }
    pointer.trail.push({ dx, dy, atMs: now.atMs });
    if (pointer.trail.length > 6) pointer.trail.shift();
    Object.assign(pointer, now);
  });

  const lift = (event) => {
    const pointer = pointers.get(event.pointerId);
    if (!pointer) return;
    pointers.delete(event.pointerId);
    if (pointers.size > 0) return;
    canvas.classList.remove('is-grabbed');
    if (event.type === 'pointercancel') return;
    const now = place(event);
    if (moved <= tapMovePx) tapped(now, event.pointerType);
    else startFlick(pointer.trail, now.atMs);
  };
  listen('pointerup', lift);
  listen('pointercancel', lift);
  listen('pointerleave', () => on.leave());

  function tapped({ x, y, atMs }, kind) {
    const isDouble = atMs - lastTap.atMs < doubleTapMs && Math.hypot(x - lastTap.x, y - lastTap.y) < 30;
    lastTap = isDouble ? { atMs: 0, x, y } : { atMs, x, y };
    // Where seats are large, a second tap is a second choice.
    if (isDouble && !(map.showsSeats && map.seatAt(x, y) >= 0)) camera.zoomBy(2.2, x, y, { glides: true });
    else on.tap(x, y, kind);
  }

  /** The map goes on in the direction of the finger, slower and slower. */
  function startFlick(trail, nowMs) {
    const recent = trail.filter(({ atMs }) => nowMs - atMs < 90);
    if (recent.length < 2 || !camera.mayGlide) return;
    const elapsedMs = Math.max(8, nowMs - recent[0].atMs);
    const sum = (axis) => recent.reduce((total, step) => total + step[axis], 0) / elapsedMs;
    const own = { vx: sum('dx'), vy: sum('dy') };
    flick = own;
    let beforeMs = performance.now();
    const step = (atMs) => {
      if (flick !== own || signal.aborted) return;
      const passedMs = Math.max(0, atMs - beforeMs);
      beforeMs = atMs;
      camera.panBy(own.vx * passedMs, own.vy * passedMs);
      own.vx *= friction ** passedMs;
      own.vy *= friction ** passedMs;
      if (Math.hypot(own.vx, own.vy) > 0.02) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  listen('wheel', (event) => {
    event.preventDefault();
    const { x, y } = place(event);
    flick = null;
    // Lines and pages of old mice are turned into pixels; a touchpad's pinch comes with ctrl and in small steps.
    const pixels = event.deltaY * [1, 16, 400][event.deltaMode];
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !event.ctrlKey) camera.panBy(-event.deltaX, 0);
    else camera.zoomBy(Math.exp(-Math.max(-240, Math.min(240, pixels)) * (event.ctrlKey ? 0.01 : 0.0022)), x, y);
    on.leave();
  }, { passive: false });

  // Safari on a Mac tells of a pinch in its own way.
  listen('gesturestart', (event) => event.preventDefault());

  const moves = {
    ArrowLeft: () => camera.panBy(panStepPx, 0), ArrowRight: () => camera.panBy(-panStepPx, 0),
    ArrowUp: () => camera.panBy(0, panStepPx), ArrowDown: () => camera.panBy(0, -panStepPx),
    '+': () => camera.zoomBy(zoomStep, undefined, undefined, { glides: true }),
    '=': () => camera.zoomBy(zoomStep, undefined, undefined, { glides: true }),
    '-': () => camera.zoomBy(1 / zoomStep, undefined, undefined, { glides: true }),
    0: () => camera.showAll(), Home: () => camera.showAll(),
  };
  listen('keydown', (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (!on.key(event)) {
      if (!moves[event.key]) return;
      moves[event.key]();
    }
    event.preventDefault();
  });
}
