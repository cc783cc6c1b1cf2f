// Original file: schema/plugin/v1/plugin.proto


export interface DecodeTimingsInput {
  'denoiseMs'?: (number | string);
  'vaeMs'?: (number | string);
  'previewMs'?: (number | string);
}

export interface DecodeTimings {
  'denoiseMs': (number);
  'vaeMs': (number);
  'previewMs': (number);
}
