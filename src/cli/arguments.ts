/** What options of the command line may hold. A wrong one is a usage error, told before anything starts. */
import { InvalidArgumentError } from 'commander';

/** A reader of whole numbers from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || text.trim() === '' || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

export function atLeastZero(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || text.trim() === '' || value < 0)
    throw new InvalidArgumentError('It must be a number, 0 or more.');
  return value;
}

/** `WIDTHxHEIGHT`, or one number for a square. */
export function size(text: string): { readonly width: number; readonly height: number } {
  const match = /^(\d+)(?:x(\d+))?$/i.exec(text.trim());
  const width = Number(match?.[1]);
  const height = Number(match?.[2] ?? match?.[1]);
  if (!match || width < 1 || height < 1)
    throw new InvalidArgumentError('It must be WIDTHxHEIGHT in pixels, for instance 256x256.');
  return { width, height };
}
