/** The seats that the fan means to take. Whatever shows them listens here. */
export class SeatChoice {
  /** @param seatCountMax How many seats one fan may have of this date. */
  constructor({ layout, states, seatCountMax }) {
    this.layout = layout;
    this.states = states;
    this.seatCountMax = seatCountMax;
    /** Ordinals, in the order they were chosen. */
    this.seats = new Set();
    this.listeners = new Set();
  }

  get amount() {
    return [...this.seats].reduce((sum, seat) => sum + this.layout.price(seat), 0);
  }

  get ids() {
    return [...this.seats].map((seat) => this.layout.ids[seat]);
  }

  /**
   * Takes a seat, or lets go of it.
   *
   * @returns {'added'|'removed'|'full'|'gone'} What came of it.
   */
  toggle(seat) {
    const result = this.#toggled(seat);
    this.#tell({ seat, result });
    return result;
  }

  /**
   * Lets go of the seats that somebody else has now.
   *
   * @returns Which they were.
   */
  dropTaken() {
    const taken = [...this.seats].filter((seat) => !this.states.isFree(seat));
    if (taken.length === 0) return taken;
    taken.forEach((seat) => this.seats.delete(seat));
    this.#tell({ seats: taken, result: 'taken' });
    return taken;
  }

  clear() {
    this.seats.clear();
    this.#tell({ result: 'cleared' });
  }

  onChange(listener) {
    this.listeners.add(listener);
  }

  #toggled(seat) {
    if (this.seats.delete(seat)) return 'removed';
    if (!this.states.isFree(seat)) return 'gone';
    if (this.seats.size >= this.seatCountMax) return 'full';
    this.seats.add(seat);
    return 'added';
  }

  #tell(change) {
    this.listeners.forEach((listener) => listener(change));
  }
}
