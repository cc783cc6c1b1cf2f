/** Words for somewhere else. */
import { notify } from './notices';

/** Onto the clipboard, and says so; a browser may refuse. */
export async function copyText(
  words: string,
  said: { readonly copied: string; readonly copyFailed: string },
): Promise<void> {
  try {
    await navigator.clipboard.writeText(words);
    notify(said.copied);
  } catch {
    notify(said.copyFailed, 'problem');
  }
}
