/** Reads QR codes from the camera with the browser's own detector. Where there is none, codes are typed. */

const everyMs = 120;
/** The same ticket held before the camera is one scan. */
const sameCodeMs = 4_000;

export function canScan() {
  return 'BarcodeDetector' in window && Boolean(navigator.mediaDevices?.getUserMedia);
}

/**
 * Shows the camera in `video` and tells `found` of each code.
 *
 * @returns {Promise<() => void>} What ends it; the signal does, too.
 */
export async function scanner(video, found, signal) {
  const detector = new BarcodeDetector({ formats: ['qr_code'] });
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment' } });
  let timer = 0;
  let last = { text: '', at: 0 };
  const stop = () => {
    clearTimeout(timer);
    timer = -1;
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
  if (signal.aborted) {
    stop();
    return stop;
  }
  signal.addEventListener('abort', stop, { once: true });
  video.srcObject = stream;
  await video.play();
  const look = async () => {
    const codes = await detector.detect(video).catch(() => []);
    const text = codes[0]?.rawValue;
    if (text && (text !== last.text || performance.now() - last.at > sameCodeMs)) {
      last = { text, at: performance.now() };
      await found(text);
    } else if (text) last.at = performance.now();
    if (timer >= 0) timer = setTimeout(look, everyMs);
  };
  look();
  return stop;
}
