/** Draws the stage and the sections: all there is from afar, and the ground that seats stand on from near. */
import { addShape, colourCount, shapeOf } from './GradeShapes.js';

/** The sizes that a name is tried in, the largest first. */
const nameSizes = [13, 11, 9.5];
const smallSize = 11.5;

export class SectionPainter {
  /**
   * @param words `{stage, free(count), soldOut, prices({least, most})}`: the texts on the map.
   */
  constructor(layout, states, words) {
    this.layout = layout;
    this.states = states;
    this.words = words;
    this.outlines = layout.sections.map(({ outline }) => {
      const path = new Path2D();
      outline.forEach(([x, y], index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
      path.closePath();
      return path;
    });
  }

  /**
   * The stage and the shapes of the sections. The context draws in pixels of CSS.
   *
   * @param isFar Whether sections are coloured by their grade, since no seat is drawn on them.
   */
  paint(context, camera, colours, { isFar, wantedGrade, hoveredSection }) {
    this.#paintStage(context, camera, colours);
    const { sections } = this.layout;
    const [originX, originY] = camera.toScreen(0, 0);
    const { view } = camera;
    context.lineJoin = 'round';
    sections.forEach((section, index) => {
      if (!overlaps(section.box, view)) return;
      const grade = section.grades[0];
      const isWanted = wantedGrade === null || section.grades.includes(wantedGrade);
      const hasSeats = this.states.freeIn[index] > 0;
      const colour = isFar && isWanted && hasSeats ? colours.grades[grade % colourCount] : colours.gone;
      context.save();
      context.translate(originX, originY);
      context.scale(camera.scale, camera.scale);
      // Seats reach half a width beyond their middles, and a rim of as much again looks like a block.
      context.strokeStyle = isFar ? colour : colours.paper;
      context.lineWidth = 1.7 + (isFar ? 3 / camera.scale : 0);
      context.stroke(this.outlines[index]);
      context.fillStyle = colours.paper;
      context.strokeStyle = colours.paper;
      context.lineWidth = 1.7;
      context.fill(this.outlines[index]);
      context.stroke(this.outlines[index]);
      if (isFar) {
        context.globalAlpha = hasSeats && isWanted ? (index === hoveredSection ? 0.34 : 0.2) : 0.12;
        context.fillStyle = colour;
        context.fill(this.outlines[index]);
        context.globalAlpha = 1;
      }
      context.restore();
    });
  }

  /** What sections are called, how many seats they have and for how much: as much as there is room for. */
  write(context, camera, colours, { wantedGrade }) {
    const { view } = camera;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const section of this.layout.sections) {
      if (!overlaps(section.box, view)) continue;
      const free = this.states.freeIn[section.index];
      const isWanted = wantedGrade === null || section.grades.includes(wantedGrade);
      const lines = [
        { text: section.name, font: nameFont(nameSizes[0], colours), height: 18, ink: colours.ink },
        {
          text: free ? this.words.free(free) : this.words.soldOut, font: `450 ${smallSize}px ${colours.family}`,
          height: 15, ink: colours.quiet,
        },
        {
          text: this.words.prices(section.prices), font: `450 ${smallSize}px ${colours.family}`, height: 15,
          ink: colours.quiet,
        },
      ];
      this.#write(context, camera, colours, section, lines, free && isWanted);
    }
  }

  #write(context, camera, colours, section, lines, hasMark) {
    const size = this.#nameSize(context, camera, colours, section);
    if (size < nameSizes[0]) {
      lines = [{ ...lines[0], font: nameFont(size, colours), height: size + 3 }];
    }
    let [count, height, width] = [0, 0, 0];
    for (const line of lines) {
      context.font = line.font;
      line.width = context.measureText(line.text).width;
      height += line.height;
      width = Math.max(width, line.width);
      if (!fits(section.extent, camera.scale, width, height)) break;
      count += 1;
    }
    let [x, y] = camera.toScreen(...section.middle);
    const grade = section.grades[0];
    if (count === 0) {
      // Not even the name fits: the shape says the grade at least.
      if (hasMark && fits(section.extent, camera.scale, 8, 8)) this.#mark(context, colours, grade, x, y, 4);
      return;
    }
    const shown = lines.slice(0, count);
    height = shown.reduce((sum, line) => sum + line.height, 0);
    const hasRoomForMark = hasMark && fits(section.extent, camera.scale, shown[0].width + 13, height);
    if (hasMark && !hasRoomForMark && fits(section.extent, camera.scale, shown[0].width, height + 10)) {
      this.#mark(context, colours, grade, x, y - height / 2, 4);
      y += 5;
    }
    y -= height / 2;
    shown.forEach((line, index) => {
      context.font = line.font;
      context.fillStyle = line.ink;
      const shift = index === 0 && hasRoomForMark ? 6.5 : 0;
      context.fillText(line.text, x + shift, y + line.height / 2);
      if (shift) this.#mark(context, colours, grade, x + shift - line.width / 2 - 8.5, y + line.height / 2, 4.5);
      y += line.height;
    });
  }

  #nameSize(context, camera, colours, section) {
    return nameSizes.find((size) => {
      context.font = nameFont(size, colours);
      return fits(section.extent, camera.scale, context.measureText(section.name).width, size + 3);
    }) ?? nameSizes.at(-1);
  }

  #mark(context, colours, grade, x, y, radius) {
    context.beginPath();
    addShape(context, shapeOf(grade), x, y, radius);
    context.fillStyle = colours.grades[grade % colourCount];
    context.fill();
  }

  #paintStage(context, camera, colours) {
    const { stage } = this.layout;
    const [left, top] = camera.toScreen(stage.left, stage.top);
    const [right, bottom] = camera.toScreen(stage.right, stage.bottom);
    context.beginPath();
    const radius = Math.min(14, (bottom - top) / 3);
    context.roundRect(left, top, right - left, bottom - top, [radius / 2, radius / 2, radius * 1.6, radius * 1.6]);
    context.fillStyle = colours.stage;
    context.fill();
    const size = Math.min(15, (bottom - top) * 0.45);
    if (size < 7) return;
    context.font = `600 ${size}px ${colours.family}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = colours.stageInk;
    context.fillText(this.words.stage, (left + right) / 2, (top + bottom) / 2);
  }
}

function overlaps(box, view) {
  return box.right > view.left - 2 && box.left < view.right + 2 && box.bottom > view.top - 2
    && box.top < view.bottom + 2;
}

function nameFont(size, colours) {
  return `650 ${size}px ${colours.family}`;
}

/** Whether something so many pixels wide and high fits into the middle of a section that may be turned. */
function fits({ length, depth, cos, sin }, scale, width, height) {
  return cos * width + sin * height <= length * scale - 2 && sin * width + cos * height <= depth * scale - 1;
}
