/** The size at which a picture is read: multiples of one merged patch, within a budget of pixels (nexus-gen.md 3.1). */
import { GatewayError } from '../../errors/index.js';

export interface PixelLimits {
  /** Sides become multiples of this: patch size times merge size. */
  readonly factor: number;
  readonly minPixels: number;
  readonly maxPixels: number;
}

/** Longer side over shorter side, above which a picture is refused. */
const MAX_ASPECT = 200;

/**
 * @throws GatewayError BAD_INPUT when one side is more than 200 times the other
 */
export function smartResize(
  height: number,
  width: number,
  { factor, minPixels, maxPixels }: PixelLimits,
): { height: number; width: number } {
  if (Math.max(height, width) > MAX_ASPECT * Math.min(height, width)) {
    throw new GatewayError(
      'BAD_INPUT',
      `A picture's longer side may be at most ${MAX_ASPECT} times the shorter one; this one is ${width} x ${height}. Crop it first.`,
    );
  }
  const rounded = {
    height: Math.max(factor, factor * roundHalfToEven(height / factor)),
    width: Math.max(factor, factor * roundHalfToEven(width / factor)),
  };
  const pixels = rounded.height * rounded.width;
  if (pixels > maxPixels) {
    const beta = Math.sqrt((height * width) / maxPixels);
    // A very flat picture may shrink to nothing on its short side; one patch is the least that can be read.
    return {
      height: Math.max(factor, factor * Math.floor(height / beta / factor)),
      width: Math.max(factor, factor * Math.floor(width / beta / factor)),
    };
  }
  if (pixels < minPixels) {
    const beta = Math.sqrt(minPixels / (height * width));
    return { height: factor * Math.ceil((height * beta) / factor), width: factor * Math.ceil((width * beta) / factor) };
  }
  return rounded;
}

/** Python's round: 2.5 becomes 2, 3.5 becomes 4. `Math.round` would give other sizes than the model was trained on. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
