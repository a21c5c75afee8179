/** How seats are called in sentences, the same everywhere. */
import { number, won } from '../Page/format.js';
import { t } from '../Page/text.js';

/** 1층 중앙 3열 12번 */
export function seatName({ section, row, number: seat }) {
  return t('seats.name', { section, row, number: seat });
}

/** 1층 중앙 3열 12번, VIP, ₩165,000 */
export function seatInFull(label) {
  return t('seats.inFull', { seat: seatName(label), grade: label.grade, price: won(label.price) });
}

/** ₩99,000, or ₩99,000–₩165,000 where there are several. */
export function priceRange({ least, most }) {
  return least === most ? won(least) : `${won(least)}–${won(most)}`;
}

/** What is written on the map. */
export const mapWords = {
  get stage() { return t('seats.stage'); },
  get soldOut() { return t('seats.sectionSoldOut'); },
  free: (count) => t('seats.sectionFree', { n: number(count) }),
  prices: priceRange,
};
