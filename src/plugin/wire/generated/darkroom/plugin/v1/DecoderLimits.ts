// Original file: schema/plugin/v1/plugin.proto


export interface DecoderLimitsInput {
  'minWidth'?: (number);
  'minHeight'?: (number);
  'maxWidth'?: (number);
  'maxHeight'?: (number);
  'sizeMultiple'?: (number);
  'maxSteps'?: (number);
}

export interface DecoderLimits {
  'minWidth': (number);
  'minHeight': (number);
  'maxWidth': (number);
  'maxHeight': (number);
  'sizeMultiple': (number);
  'maxSteps': (number);
}
