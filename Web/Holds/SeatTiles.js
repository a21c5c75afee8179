/**
 * The seats as pictures that were drawn before: moving the map moves pictures, whether there are a hundred seats on
 * it or thirty thousand. A seat that changes is drawn again by itself.
 */
const tileSize = 512;
const tileCountMax = 64;
/** How much larger or smaller than drawn a picture may be shown before it is drawn anew. */
const stretchMax = 1.6;

export class SeatTiles {
  constructor(painter) {
    this.painter = painter;
    /** Pictures of one scale. While those of a new scale are drawn, the old ones are still shown, stretched. */
    this.sheet = null;
    this.oldSheet = null;
    this.missing = [];
    this.isWhole = false;
  }

  /**
   * Says how large seats are to be drawn, in pixels of the canvas; `ratio` is how many of those a pixel of CSS has.
   * Does nothing when what is there is near enough and `isFinal` is false.
   */
  setScale(scale, ratio, isFinal) {
    if (this.sheet?.scale === scale) return;
    const stretch = this.sheet ? scale / this.sheet.scale : Infinity;
    if (!isFinal && stretch < stretchMax && stretch > 1 / stretchMax) return;
    if (this.isWhole || !this.oldSheet) this.oldSheet = this.sheet;
    this.isWhole = false;
    this.sheet = { scale, ratio, tiles: new Map() };
  }

  /** Forgets all pictures: colours have changed. */
  clear() {
    this.sheet = null;
    this.oldSheet = null;
  }

  /**
   * Shows what of the plan is on the screen, as far as it is drawn.
   *
   * @param view The camera in pixels of the canvas: `{x, y, scale, width, height}`.
   */
  show(context, view) {
    this.missing = [];
    const isWhole = this.#each(this.sheet, view, (picture, place) => {
      context.drawImage(picture, place.left, place.top, place.right - place.left, place.bottom - place.top);
    }, (tile) => this.missing.push(tile));
    this.isWhole = isWhole;
    if (isWhole) this.oldSheet = null;
    else if (this.oldSheet) this.#showOld(context, view);
    return isWhole;
  }

  /** Fills the holes with stretched pictures, and nothing else: they would shine through between sharp seats. */
  #showOld(context, view) {
    context.save();
    context.beginPath();
    for (const { place } of this.missing) {
      context.rect(place.left, place.top, place.right - place.left, place.bottom - place.top);
    }
    context.clip();
    this.#each(this.oldSheet, view, (picture, place) => {
      context.drawImage(picture, place.left, place.top, place.right - place.left, place.bottom - place.top);
    });
    context.restore();
  }

  /**
   * Draws pictures that are missing, those in the middle first, for so long, but one at least.
   *
   * @returns Whether some are still missing.
   */
  draw(budgetMs) {
    const endMs = performance.now() + budgetMs;
    this.missing.sort((a, b) => a.distance - b.distance);
    while (this.missing.length) {
      const { column, line } = this.missing.shift();
      this.#draw(column, line);
      if (performance.now() >= endMs) break;
    }
    this.#forgetOldest();
    return this.missing.length > 0;
  }

  /** Draws seats anew wherever there is a picture of them. */
  renew(ordinals) {
    for (const sheet of [this.sheet, this.oldSheet]) {
      if (!sheet) continue;
      for (const seat of ordinals) this.#renew(sheet, seat);
    }
  }

  #renew(sheet, seat) {
    const { x, y } = this.painter.layout;
    const [left, top, right, bottom] = [x[seat] - 0.6, y[seat] - 0.6, x[seat] + 0.6, y[seat] + 0.6];
    const per = tileSize / sheet.scale;
    for (let line = Math.floor(top / per); line <= Math.floor(bottom / per); line += 1) {
      for (let column = Math.floor(left / per); column <= Math.floor(right / per); column += 1) {
        const tile = sheet.tiles.get(`${column}:${line}`);
        if (!tile) continue;
        const context = tile.getContext('2d');
        const [originX, originY] = [-column * tileSize, -line * tileSize];
        context.save();
        context.beginPath();
        const side = 1.2 * sheet.scale;
        context.rect(left * sheet.scale + originX, top * sheet.scale + originY, side, side);
        context.clip();
        context.clearRect(0, 0, tileSize, tileSize);
        this.painter.paint(
          context, { left, top, right, bottom }, sheet.scale, originX, originY, sheet.scale / sheet.ratio);
        context.restore();
      }
    }
  }

  #draw(column, line) {
    const { scale, ratio, tiles } = this.sheet;
    const tile = document.createElement('canvas');
    tile.width = tileSize;
    tile.height = tileSize;
    const per = tileSize / scale;
    const part = { left: column * per, top: line * per, right: (column + 1) * per, bottom: (line + 1) * per };
    this.painter.paint(tile.getContext('2d'), part, scale, -column * tileSize, -line * tileSize, scale / ratio);
    tiles.set(`${column}:${line}`, tile);
  }

  /**
   * Calls back for each tile of a sheet that is on the screen.
   *
   * @returns Whether none is missing.
   */
  #each(sheet, view, visit, miss = () => {}) {
    const stretch = view.scale / sheet.scale;
    const size = tileSize * stretch;
    const [originX, originY] = [view.width / 2 - view.x * view.scale, view.height / 2 - view.y * view.scale];
    const { bounds } = this.painter.layout;
    const per = tileSize / sheet.scale;
    const first = Math.max(Math.floor(-originX / size), Math.floor(bounds.left / per));
    const last = Math.min(Math.floor((view.width - originX) / size), Math.floor(bounds.right / per));
    const top = Math.max(Math.floor(-originY / size), Math.floor(bounds.top / per));
    const bottom = Math.min(Math.floor((view.height - originY) / size), Math.floor(bounds.bottom / per));
    let isWhole = true;
    for (let line = top; line <= bottom; line += 1) {
      for (let column = first; column <= last; column += 1) {
        const key = `${column}:${line}`;
        const picture = sheet.tiles.get(key);
        const place = {
          left: Math.round(originX + column * size), right: Math.round(originX + (column + 1) * size),
          top: Math.round(originY + line * size), bottom: Math.round(originY + (line + 1) * size),
        };
        if (picture) {
          // Used last, forgotten last.
          sheet.tiles.delete(key);
          sheet.tiles.set(key, picture);
          visit(picture, place);
        } else {
          isWhole = false;
          const [x, y] = [(place.left + place.right) / 2, (place.top + place.bottom) / 2];
          miss({ column, line, place, distance: Math.hypot(x - view.width / 2, y - view.height / 2) });
        }
      }
    }
    return isWhole;
  }

  #forgetOldest() {
    const { tiles } = this.sheet;
    for (const key of tiles.keys()) {
      if (tiles.size <= tileCountMax) break;
      tiles.delete(key);
    }
  }
}
