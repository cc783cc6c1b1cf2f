/** What a plugin answers. */
import type { DecodeEvent, EndReason, GenerateEvent } from '../contract.js';
import type * as wire from './messages.js';
import { embeddingsFromWire, embeddingsToWire, imageFromWire, imageToWire, required, wordOf } from './values.js';

// ── Language model ───────────────────────────────────────────────────────────────────────────────────────────────────

const REASONS = {
  stop: 'END_REASON_STOP',
  length: 'END_REASON_LENGTH',
} as const satisfies Record<EndReason, wire.EndReason>;

export interface IndexedGenerateEvent {
  /** Which of the requests it tells of, from 0. */
  readonly index: number;
  readonly event: GenerateEvent;
}

export function generateEventToWire({ index, event }: IndexedGenerateEvent): wire.GenerateEventInput {
  switch (event.type) {
    case 'text':
      return { index, text: event.text };
    case 'image':
      return { index, image: embeddingsToWire(event.image) };
    case 'drawing':
      return { index, drawing: { prompt: event.prompt, edits: event.edits } };
    case 'end':
      return { index, end: { reason: REASONS[event.reason], usage: event.usage } };
    case 'error':
      return { index, error: { code: event.code, message: event.message } };
  }
}

export function generateEventFromWire(event: wire.GenerateEvent): IndexedGenerateEvent {
  return { index: event.index, event: eventFromWire(event) };
}

function eventFromWire({ event, text, image, drawing, end, error }: wire.GenerateEvent): GenerateEvent {
  switch (event) {
    case 'text':
      return { type: 'text', text: required(text, 'text') };
    case 'image':
      return { type: 'image', image: embeddingsFromWire(required(image, 'image')) };
    case 'drawing': {
      const { prompt, edits } = required(drawing, 'drawing');
      return { type: 'drawing', prompt, edits };
    }
    case 'error': {
      const { code, message } = required(error, 'error');
      return { type: 'error', code, message };
    }
    default: {
      const { reason, usage } = required(end, 'event');
      const { promptTokens, completionTokens } = required(usage, 'usage');
      return { type: 'end', reason: wordOf(REASONS, reason), usage: { promptTokens, completionTokens } };
    }
  }
}

// ── Image decoder ────────────────────────────────────────────────────────────────────────────────────────────────────

export function decodeEventToWire(event: DecodeEvent): wire.DecodeEventInput {
  switch (event.type) {
    case 'step': {
      const { stepIndex, sigma, preview } = event;
      return { step: { stepIndex, sigma, ...(preview && { preview: imageToWire(preview) }) } };
    }
    case 'image':
      return { image: { image: imageToWire(event.image), timings: event.timings } };
  }
}

export function decodeEventFromWire({ step, image }: wire.DecodeEvent): DecodeEvent {
  if (step) {
    const { stepIndex, sigma, preview } = step;
    return { type: 'step', stepIndex, sigma, ...(preview && { preview: imageFromWire(preview) }) };
  }
  const decoded = required(image, 'event');
  const { denoiseMs, vaeMs, previewMs } = required(decoded.timings, 'timings');
  return {
    type: 'image',
    image: imageFromWire(required(decoded.image, 'image')),
    timings: { denoiseMs, vaeMs, previewMs },
  };
}
