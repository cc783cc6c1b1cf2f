// Original file: schema/plugin/v1/plugin.proto


export interface DecoderDefaultsInput {
  'width'?: (number);
  'height'?: (number);
  'numInferenceSteps'?: (number);
  'guidanceScale'?: (number | string);
  'trueCfgScale'?: (number | string);
}

export interface DecoderDefaults {
  'width': (number);
  'height': (number);
  'numInferenceSteps': (number);
  'guidanceScale': (number);
  'trueCfgScale': (number);
}
