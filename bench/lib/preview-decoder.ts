/** A plugin for measuring the boundary: a decoder that has a preview of 1024 x 1024 ready for every step. */
import { definePlugin, z } from 'darkroom/plugin';

const SIDE = 1024;

export default definePlugin({
  kind: 'image-decoder',
  name: 'preview-decoder',
  version: '1.0.0',
  options: z.strictObject({}),
  async create() {
    const preview = { width: SIDE, height: SIDE, data: new Uint8Array(SIDE * SIDE * 3).fill(128) };
    const limits = { minWidth: 16, minHeight: 16, maxWidth: SIDE, maxHeight: SIDE, sizeMultiple: 16, maxSteps: 1000 };
    return {
      reads: { condition: 'text' },
      supports: { edit: false, mask: false, trueCfg: false, preview: 'image', batch: 1 },
      limits,
      defaults: { width: 16, height: 16, numInferenceSteps: 8, guidanceScale: 1, trueCfgScale: 1 },
      async *decode({ width, height, numInferenceSteps }, { wantsPreview }) {
        for (let stepIndex = 1; stepIndex <= numInferenceSteps; stepIndex += 1) {
          const step = { type: 'step', stepIndex, sigma: 1 - stepIndex / numInferenceSteps } as const;
          yield wantsPreview(stepIndex) ? { ...step, preview } : step;
        }
        const image = { width, height, data: new Uint8Array(width * height * 3) };
        yield { type: 'image', image, timings: { denoiseMs: 0, vaeMs: 0, previewMs: 0 } };
      },
      async close() {},
    };
  },
});
