/** Pictures on their way to the gateway. */
import type { UploadProgress } from 'darkroom/client';
import { useEffect, useRef, useState } from 'react';

import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { gateway } from '../../lib/gateway';
import { notify } from '../../lib/notices';
import { randomId } from '../../lib/random-id';
import { changed, draftOf } from '../../lib/draft';

export interface Uploading {
  readonly id: string;
  readonly name: string;
  /** Of the file, while the page is open. */
  readonly url: string;
  /** 0 to 1. */
  readonly progress: number;
  readonly cancel: () => void;
}

export interface Uploads {
  readonly running: readonly Uploading[];
  readonly add: (files: Iterable<File>) => void;
}

/** Pictures that have arrived are added to the draft. */
export function useUploads(conversationId: string | null): Uploads {
  const text = useText(COMMON);
  const [running, setRunning] = useState<readonly Uploading[]>([]);
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => controller.abort();
  }, []);

  const send = async (file: File) => {
    const id = randomId();
    const cancelling = new AbortController();
    const signal = leaving.current ? AbortSignal.any([cancelling.signal, leaving.current.signal]) : cancelling.signal;
    const url = URL.createObjectURL(file);
    setRunning((before) => [...before, { id, name: file.name, url, progress: 0, cancel: () => cancelling.abort() }]);
    try {
      const onProgress = ({ loaded, total }: UploadProgress) => {
        const progress = total ? loaded / total : 0;
        setRunning((before) => before.map((upload) => (upload.id === id ? { ...upload, progress } : upload)));
      };
      const image = await gateway.upload(file, { signal, onProgress });
      draftOf(conversationId).set((draft) => changed(draft, { imageIds: [...draft.imageIds, image.id] }));
    } catch (error) {
      if (!signal.aborted) notify(`${file.name}: ${errorText(text, error)}`, 'problem');
    } finally {
      URL.revokeObjectURL(url);
      setRunning((before) => before.filter((upload) => upload.id !== id));
    }
  };
  return { running, add: (files) => void Promise.all([...files].map(send)) };
}
