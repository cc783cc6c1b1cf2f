/**
 * Antialiased resampling, bit for bit as Pillow does it (libImaging/Resample.c): the models were trained on its pixels.
 *
 * Each output pixel is a weighted sum of input pixels. When shrinking, the filter widens by the shrink factor, so that
 * no input pixel is skipped. Rows first, then columns, with 8-bit rounding in between; weights are fixed-point numbers
 * of 22 fractional bits.
 */
import type { RgbImage } from '../../plugin/contract.js';

export type Filter = 'bicubic' | 'bilinear';

/** 32-bit sums hold 8 bits of result, 2 bits for what bicubic weights overshoot, and this fraction. */
const PRECISION_BITS = 32 - 8 - 2;
const ONE = 1 << PRECISION_BITS;
const HALF = 1 << (PRECISION_BITS - 1);
const CHANNELS = 3;
const { imul } = Math;

/** The picture at another size; the very same object when the size is its own. */
export function resize(image: RgbImage, width: number, height: number, filter: Filter): RgbImage {
  if (width === image.width && height === image.height) return image;
  const wide = width === image.width ? image : resizeRows(image, width, filter);
  return height === image.height ? wide : resizeColumns(wide, height, filter);
}

interface Kernel {
  /** Support in input pixels at scale 1. */
  readonly support: number;
  weight(distance: number): number;
}

const KERNELS: Record<Filter, Kernel> = {
  bilinear: {
    support: 1,
    weight: (distance) => Math.max(0, 1 - Math.abs(distance)),
  },
  bicubic: {
    support: 2,
    // Keys' cubic convolution with a = -0.5.
    weight: (distance) => {
      const a = -0.5;
      const x = Math.abs(distance);
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
      return 0;
    },
  },
};

interface Taps {
  /** First input pixel of each output pixel. */
  readonly first: Int32Array;
  /** How many input pixels it reads. */
  readonly count: Int32Array;
  /** [outputs, width]: their fixed-point weights. */
  readonly weights: Int32Array;
  /** Weights kept per output pixel. */
  readonly width: number;
}

function computeTaps(inputSize: number, outputSize: number, filter: Filter): Taps {
  const kernel = KERNELS[filter];
  const scale = inputSize / outputSize;
  const filterScale = Math.max(scale, 1);
  const support = kernel.support * filterScale;
  const width = Math.ceil(support) * 2 + 1;
  const taps: Taps = {
    first: new Int32Array(outputSize),
    count: new Int32Array(outputSize),
    weights: new Int32Array(outputSize * width),
    width,
  };

  for (let output = 0; output < outputSize; output++) {
    const center = (output + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(center + support + 0.5)) - first;
    const raw: number[] = [];
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = kernel.weight((tap + first - center + 0.5) * (1 / filterScale));
      raw.push(weight);
      sum += weight;
    }
    raw.forEach((weight, tap) => {
      const share = (sum === 0 ? weight : weight / sum) * ONE;
      taps.weights[output * width + tap] = Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    });
    taps.first[output] = first;
    taps.count[output] = count;
  }
  return taps;
}

function resizeRows(image: RgbImage, width: number, filter: Filter): RgbImage {
  const taps = computeTaps(image.width, width, filter);
  const data = new Uint8Array(width * image.height * CHANNELS);
  for (let y = 0; y < image.height; y++) {
    const row = y * image.width * CHANNELS;
    for (let x = 0; x < width; x++) {
      const from = row + (taps.first[x] as number) * CHANNELS;
      weigh(
        image.data,
        from,
        CHANNELS,
        taps.weights,
        x * taps.width,
        taps.count[x] as number,
        data,
        (y * width + x) * CHANNELS,
      );
    }
  }
  return { width, height: image.height, data };
}

function resizeColumns(image: RgbImage, height: number, filter: Filter): RgbImage {
  const taps = computeTaps(image.height, height, filter);
  const stride = image.width * CHANNELS;
  const data = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const top = (taps.first[y] as number) * stride;
    for (let x = 0; x < stride; x += CHANNELS) {
      weigh(image.data, top + x, stride, taps.weights, y * taps.width, taps.count[y] as number, data, y * stride + x);
    }
  }
  return { width: image.width, height, data };
}

/**
 * One output pixel: `count` input pixels from `from` on, `stride` bytes apart, each with its weight. Whole 32-bit numbers
 * and arrays of one type each, because millions of pixels pass here.
 */
function weigh(
  input: Uint8Array,
  from: number,
  stride: number,
  weights: Int32Array,
  firstWeight: number,
  count: number,
  output: Uint8Array,
  to: number,
): void {
  let red = HALF;
  let green = HALF;
  let blue = HALF;
  for (let tap = 0, index = from; tap < count; tap++, index += stride) {
    const weight = weights[firstWeight + tap] as number;
    red = (red + imul(input[index] as number, weight)) | 0;
    green = (green + imul(input[index + 1] as number, weight)) | 0;
    blue = (blue + imul(input[index + 2] as number, weight)) | 0;
  }
  output[to] = clip8(red);
  output[to + 1] = clip8(green);
  output[to + 2] = clip8(blue);
}

function clip8(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
