/** What the gateway asks of a plugin. */
import { GatewayError } from '../../errors/index.js';
import type {
  ChatMessage,
  ChatPart,
  DecodeRequest,
  EncodePurpose,
  EncodeRequest,
  GenerateRequest,
  LanguageTask,
  PreviewView,
  PreviewWishes,
  SamplingOptions,
} from '../contract.js';
import type * as wire from './messages.js';
import {
  embeddingsFromWire,
  embeddingsToWire,
  imageFromWire,
  imageToWire,
  maskFromWire,
  maskToWire,
  required,
  wordOf,
} from './values.js';

// ── Vision encoder ───────────────────────────────────────────────────────────────────────────────────────────────────

const PURPOSES = {
  read: 'ENCODE_PURPOSE_READ',
  target: 'ENCODE_PURPOSE_TARGET',
  reference: 'ENCODE_PURPOSE_REFERENCE',
} as const satisfies Record<EncodePurpose, wire.EncodePurpose>;

export function encodeRequestToWire({ image, purpose }: EncodeRequest): wire.EncodeRequestInput {
  return { image: imageToWire(image), purpose: PURPOSES[purpose] };
}

export function encodeRequestFromWire({ image, purpose }: wire.EncodeRequest): EncodeRequest {
  return { image: imageFromWire(required(image, 'image')), purpose: wordOf(PURPOSES, purpose) };
}

// ── Language model ───────────────────────────────────────────────────────────────────────────────────────────────────

const TASKS = {
  reply: 'LANGUAGE_TASK_REPLY',
  understand: 'LANGUAGE_TASK_UNDERSTAND',
  generate: 'LANGUAGE_TASK_GENERATE',
  edit: 'LANGUAGE_TASK_EDIT',
} as const satisfies Record<LanguageTask, wire.LanguageTask>;

const ROLES = {
  system: 'ROLE_SYSTEM',
  user: 'ROLE_USER',
  assistant: 'ROLE_ASSISTANT',
} as const satisfies Record<ChatMessage['role'], wire.Role>;

export function generateRequestToWire({
  task,
  messages,
  sampling,
  drawing,
}: GenerateRequest): wire.GenerateRequestInput {
  return {
    task: TASKS[task],
    messages: messages.map(({ role, parts }) => ({ role: ROLES[role], parts: parts.map(partToWire) })),
    ...(sampling && { sampling: { ...sampling, stop: [...(sampling.stop ?? [])] } }),
    ...(drawing && { drawing }),
  };
}

export function generateRequestFromWire({ task, messages, sampling, drawing }: wire.GenerateRequest): GenerateRequest {
  return {
    task: wordOf(TASKS, task),
    messages: messages.map(({ role, parts }) => ({ role: wordOf(ROLES, role), parts: parts.map(partFromWire) })),
    ...(sampling && { sampling: samplingFromWire(sampling) }),
    ...(drawing && { drawing: { edits: drawing.edits } }),
  };
}

function partToWire(part: ChatPart) {
  switch (part.type) {
    case 'text':
      return { text: part.text };
    case 'image':
      return { image: embeddingsToWire(part.image) };
    case 'pixels':
      return { pixels: imageToWire(part.image) };
  }
}

function partFromWire({ part, text, image, pixels }: wire.ChatPart): ChatPart {
  switch (part) {
    case 'text':
      return { type: 'text', text: required(text, 'text') };
    case 'image':
      return { type: 'image', image: embeddingsFromWire(required(image, 'image')) };
    default:
      return { type: 'pixels', image: imageFromWire(required(pixels, 'part')) };
  }
}

/** Only what was set: an absent option is the plugin's choice, and is absent there too. */
function samplingFromWire(sampling: wire.SamplingOptions): SamplingOptions {
  const { maxNewTokens, temperature, topP, topK, repetitionPenalty, seed, stop } = sampling;
  return {
    ...(maxNewTokens !== undefined && { maxNewTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(repetitionPenalty !== undefined && { repetitionPenalty }),
    ...(seed !== undefined && { seed }),
    ...(stop.length > 0 && { stop }),
  };
}

// ── Image decoder ────────────────────────────────────────────────────────────────────────────────────────────────────

const VIEWS = {
  x0: 'PREVIEW_VIEW_X0',
  noisy: 'PREVIEW_VIEW_NOISY',
} as const satisfies Record<PreviewView, wire.PreviewView>;

export function decodeRequestToWire(request: DecodeRequest): wire.DecodeRequestInput {
  const { condition, reference, mask, ...settings } = request;
  return {
    ...settings,
    ...(mask && { mask: maskToWire(mask) }),
    ...(condition.type === 'text' ? { text: condition.text } : { embeddings: embeddingsToWire(condition.image) }),
    ...(reference?.type === 'embeddings' && { referenceEmbeddings: embeddingsToWire(reference.image) }),
    ...(reference?.type === 'pixels' && { referencePixels: imageToWire(reference.image) }),
  };
}

export function decodeRequestFromWire(request: wire.DecodeRequest): DecodeRequest {
  return {
    condition: conditionFromWire(request),
    ...referenceFromWire(request),
    width: request.width,
    height: request.height,
    numInferenceSteps: request.numInferenceSteps,
    guidanceScale: request.guidanceScale,
    trueCfgScale: request.trueCfgScale,
    negativePrompt: request.negativePrompt,
    seed: request.seed,
    ...(request.mask && { mask: maskFromWire(request.mask) }),
  };
}

function conditionFromWire({ condition, text, embeddings }: wire.DecodeRequest): DecodeRequest['condition'] {
  if (condition === 'text') return { type: 'text', text: required(text, 'text') };
  return { type: 'embeddings', image: embeddingsFromWire(required(embeddings, 'condition')) };
}

function referenceFromWire(request: wire.DecodeRequest): Pick<DecodeRequest, 'reference'> {
  const { referenceEmbeddings, referencePixels } = request;
  if (referenceEmbeddings) return { reference: { type: 'embeddings', image: embeddingsFromWire(referenceEmbeddings) } };
  if (referencePixels) return { reference: { type: 'pixels', image: imageFromWire(referencePixels) } };
  return {};
}

export function wishesToWire({ everySteps, maxSize, view }: PreviewWishes): wire.PreviewWishesInput {
  return { everySteps: [...everySteps], maxSize, view: VIEWS[view] };
}

/** @throws {GatewayError} BAD_INPUT when a wish is for every 0th step */
export function wishesFromWire({ everySteps, maxSize, view }: wire.PreviewWishes): PreviewWishes {
  if (everySteps.includes(0)) throw new GatewayError('BAD_INPUT', 'Previews are made every 1 step or more; 0 came.');
  return { everySteps, maxSize, view: wordOf(VIEWS, view) };
}
