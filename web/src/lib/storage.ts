/** What the browser keeps for the studio. Without storage (private windows, full disks) nothing breaks, and nothing is kept. */
const PREFIX = 'darkroom.';

export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function writeStored(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // It works for as long as the page is open.
  }
}

export function readStoredJson<Value>(key: string, isValue: (value: unknown) => value is Value): Value | null {
  const text = readStored(key);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isValue(value) ? value : null;
  } catch {
    return null;
  }
}
