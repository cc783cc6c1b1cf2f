/** Unlike any other. `crypto.randomUUID` would do, but exists only over HTTPS and on the machine itself. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
