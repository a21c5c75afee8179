/**
 * The queue tokens that this browser has, by fan and date. The place belongs to the account and is found without them;
 * a token brings the number back even after a restart of the server. It opens nothing that the account does not.
 */
const prefix = 'jari.queue.';
const keptMs = 48 * 3600 * 1000;

const name = (fan, dateId) => `${prefix}${fan}.${dateId}`;

export function placeToken(fan, dateId) {
  const stored = read(name(fan, dateId));
  return stored && Date.now() - stored.atMs < keptMs ? stored.token : null;
}

export function keepPlaceToken(fan, dateId, token) {
  try {
    localStorage.setItem(name(fan, dateId), JSON.stringify({ token, atMs: Date.now() }));
  } catch {
    // Storage may be full or forbidden. The place is the account's all the same.
  }
}

export function dropPlaceToken(fan, dateId) {
  localStorage.removeItem(name(fan, dateId));
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}
