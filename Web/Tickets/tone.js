/** A high short tone for yes, a low long one for no: a door is loud, and nobody looks at the screen all the time. */
let audio = null;

export function tone(kind) {
  if (kind !== 'yes' && kind !== 'no') return;
  navigator.vibrate?.(kind === 'yes' ? 80 : [200, 100, 200]);
  try {
    audio ??= new AudioContext();
    const [pitch, seconds] = kind === 'yes' ? [880, 0.15] : [196, 0.5];
    const [oscillator, volume] = [audio.createOscillator(), audio.createGain()];
    oscillator.frequency.value = pitch;
    volume.gain.setValueAtTime(0.15, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + seconds);
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start();
    oscillator.stop(audio.currentTime + seconds);
  } catch {
    // No sound card: the screen says it.
  }
}
