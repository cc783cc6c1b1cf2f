/** How a picture was made, in words: to be pasted into a message to somebody, or read again years later. */
export interface Recipe {
  readonly modelId: string;
  readonly prompt: string;
  readonly settings: {
    readonly width: number;
    readonly height: number;
    readonly numInferenceSteps: number;
    readonly guidanceScale: number;
    readonly seed: number;
  };
}

/** A line of words and one of settings. */
export function recipeText({ modelId, prompt, settings }: Recipe): string {
  const { width, height, numInferenceSteps, guidanceScale, seed } = settings;
  return `${prompt}\n${width} x ${height}, ${numInferenceSteps} steps, guidance ${guidanceScale}, seed ${seed}, model ${modelId}`;
}
