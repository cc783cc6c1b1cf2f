/**
 * What is being written in a conversation: words, pictures and settings. Kept by the browser with every key press, so that a reload, a
 * crash or a gateway that is away loses nothing.
 */
import type { MessagePartInput, DiffusionInput } from 'darkroom/client';
import { useMemo } from 'react';

import { randomId } from './random-id';
import { readStoredJson, writeStored } from './storage';
import { type Store, createStore, useStore } from './store';

/** Null: as the model has it. */
export interface DraftSettings {
  readonly width: number | null;
  readonly height: number | null;
  readonly numInferenceSteps: number | null;
  readonly guidanceScale: number | null;
  readonly seed: number | null;
  readonly count: number | null;
}

export interface Draft {
  readonly text: string;
  readonly imageIds: readonly string[];
  readonly settings: DraftSettings;
  /** Only of a conversation that is yet to begin. */
  readonly model: string | null;
  /** The same until something changes: a message whose answer was lost is sent again as it is, and arrives once. */
  readonly key: string;
}

export const NO_SETTINGS: DraftSettings = {
  width: null,
  height: null,
  numInferenceSteps: null,
  guidanceScale: null,
  seed: null,
  count: null,
};

const emptyDraft = (): Draft => ({
  text: '',
  imageIds: [],
  settings: NO_SETTINGS,
  model: null,
  key: randomId(),
});

const drafts = new Map<string, Store<Draft>>();

/** @param conversationId null for one that is yet to begin */
export function draftOf(conversationId: string | null): Store<Draft> {
  const place = `draft.${conversationId ?? 'new'}`;
  let store = drafts.get(place);
  if (store === undefined) {
    const kept = createStore(readStoredJson(place, isDraft) ?? emptyDraft());
    kept.subscribe(() => writeStored(place, JSON.stringify(kept.get())));
    drafts.set(place, kept);
    store = kept;
  }
  return store;
}

export function useDraft(conversationId: string | null): readonly [Draft, (change: Partial<Draft>) => void] {
  const store = draftOf(conversationId);
  const change = useMemo(() => (part: Partial<Draft>) => store.set((draft) => changed(draft, part)), [store]);
  return [useStore(store), change];
}

export function changed(draft: Draft, part: Partial<Draft>): Draft {
  return { ...draft, ...part, key: randomId() };
}

/** What is left once it was sent: what was written since, and the settings. */
export function withoutSent(draft: Draft, sent: Draft): Draft {
  const text = draft.text.startsWith(sent.text) ? draft.text.slice(sent.text.length) : draft.text;
  return changed(draft, { text, imageIds: draft.imageIds.filter((id) => !sent.imageIds.includes(id)) });
}

export function partsOf(draft: Pick<Draft, 'text' | 'imageIds'>): MessagePartInput[] {
  const text = draft.text.trim();
  return [...draft.imageIds.map((imageId) => ({ imageId })), ...(text === '' ? [] : [{ text }])];
}

export function diffusionOf(settings: DraftSettings): DiffusionInput | undefined {
  const given = Object.entries(settings).filter(([, value]) => value !== null);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null;
  return (
    typeof draft === 'object' &&
    typeof draft?.text === 'string' &&
    typeof draft.key === 'string' &&
    Array.isArray(draft.imageIds) &&
    typeof draft.settings === 'object' &&
    draft.settings !== null
  );
}

/** For a page that hands a picture to the next conversation. */
export function attachToNewMessage(imageId: string): void {
  draftOf(null).set((draft) => changed(draft, { imageIds: [...new Set([...draft.imageIds, imageId])] }));
}
