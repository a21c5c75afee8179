/**
 * What may be said about a wait. The server's estimate is a rate of the last seconds carried on; saying it to the
 * second would claim what nobody knows. So it is rounded up, the more the longer it is.
 */

const minute = 60;

/**
 * @param {number|null} seconds The server's estimate.
 * @returns {{kind: 'unknown'|'soon'|'minutes'|'hours', minutes?: number}} `minutes` rounded up.
 */
export function honestEstimate(seconds) {
  if (seconds === null || seconds === undefined) return { kind: 'unknown' };
  if (seconds <= minute) return { kind: 'soon' };
  const minutes = Math.ceil(seconds / minute);
  if (minutes <= 10) return { kind: 'minutes', minutes };
  if (minutes <= minute) return { kind: 'minutes', minutes: Math.ceil(minutes / 5) * 5 };
  return { kind: 'hours', minutes: Math.ceil(minutes / 30) * 30 };
}
