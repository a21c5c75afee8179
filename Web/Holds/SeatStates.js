/** Who has which seat, as far as everyone may know, and how many are free where. */
export const available = 0;
export const held = 1;
export const sold = 2;
export const blocked = 3;

export class SeatStates {
  constructor(layout) {
    this.layout = layout;
    this.version = -1;
    this.states = new Uint8Array(layout.count);
    this.freeIn = new Int32Array(layout.sections.length);
    this.freeOf = new Int32Array(layout.grades.length);
    this.free = 0;
    for (let seat = 0; seat < layout.count; seat += 1) this.#count(seat, 1);
  }

  of(ordinal) {
    return this.states[ordinal];
  }

  isFree(ordinal) {
    return this.states[ordinal] === available;
  }

  /**
   * Takes an answer of `GET /dates/{id}/seats/status`: base64 of two bits a seat.
   *
   * @returns The ordinals of the seats that changed.
   */
  replace({ version, states }) {
    const bytes = atob(states);
    const changed = [];
    for (let seat = 0; seat < this.layout.count; seat += 1) {
      const state = (bytes.charCodeAt(seat >> 2) >> ((seat & 3) << 1)) & 3;
      if (this.#set(seat, state)) changed.push(seat);
    }
    this.version = version;
    return changed;
  }

  /**
   * Takes a `seats` event. A change may be told twice, which does no harm.
   *
   * @returns The ordinals of the seats that changed, or null when something was missed in between: then
   *   `seats/status` has to be asked again.
   */
  apply({ previous, version, changes }) {
    if (previous !== undefined && previous > this.version) return null;
    const changed = [];
    for (const [seat, state] of changes) {
      if (seat < this.layout.count && this.#set(seat, state)) changed.push(seat);
    }
    if (version > this.version) this.version = version;
    return changed;
  }

  #set(seat, state) {
    const before = this.states[seat];
    if (before === state) return false;
    if (before === available) this.#count(seat, -1);
    if (state === available) this.#count(seat, 1);
    this.states[seat] = state;
    return true;
  }

  #count(seat, by) {
    this.freeIn[this.layout.sectionOf[seat]] += by;
    this.freeOf[this.layout.gradeOf[seat]] += by;
    this.free += by;
  }
}
