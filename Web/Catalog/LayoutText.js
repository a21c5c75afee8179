/** Lists of numbers and of seats as people type them: `8, 16` and `3:1-4, 5:2`. */

/** `8, 16`. */
export function aislesText(aisles) {
  return aisles.join(', ');
}

/** The numbers in a text, or null when it is something else. */
export function aislesIn(text) {
  const parts = text.split(/[,\s]+/).filter(Boolean);
  return parts.every((part) => /^\d{1,4}$/.test(part)) ? parts.map(Number).sort((one, other) => one - other) : null;
}

/** `3:1-4, 5:2`: row, colon, seats from the left. */
export function blockedText(runs) {
  return runs.map(({ row, from, to }) => `${row}:${from === to ? from : `${from}-${to}`}`).join(', ');
}

/** The runs in a text, or null when it is something else. */
export function blockedIn(text) {
  const runs = [];
  for (const part of text.split(',').map((one) => one.trim()).filter(Boolean)) {
    const match = /^(\d{1,4})\s*:\s*(\d{1,4})(?:\s*[-~]\s*(\d{1,4}))?$/.exec(part);
    if (!match) return null;
    const [row, from, to] = [Number(match[1]), Number(match[2]), Number(match[3] ?? match[2])];
    runs.push({ row, from, to });
  }
  return runs;
}
