import { GatewayError } from '../errors/index.js';

/**
 * Checks what a person wrote.
 *
 * @param what  its name in messages: `prompt`, `question`, `instruction`, `message`
 * @throws GatewayError PROMPT_EMPTY, PROMPT_TOO_LONG
 */
export function checkWords(text: string, what: string, maxChars: number): string {
  if (text.trim() === '') throw new GatewayError('PROMPT_EMPTY', `The ${what} has no text; say what you want.`);
  if (text.length > maxChars) {
    throw new GatewayError('PROMPT_TOO_LONG', `The ${what} has ${text.length} characters; the limit is ${maxChars}.`);
  }
  return text;
}
