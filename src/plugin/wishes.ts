import type { PreviewWish, PreviewWishes } from './contract.js';

/**
 * Whether a preview is wanted after a step, and which.
 *
 * @param stepIndex steps done, 1 to numInferenceSteps
 */
export function previewWishAt(wishes: PreviewWishes | undefined, stepIndex: number): PreviewWish | undefined {
  if (wishes === undefined || !wishes.everySteps.some((every) => stepIndex % every === 0)) return undefined;
  return { maxSize: wishes.maxSize, view: wishes.view };
}
