/** A picture from its first preview to its last: live while it develops, and to be watched again afterwards. */
import { type DevelopingImage, type Development, secondsLeft } from 'darkroom/client';
import { type JSX, useEffect, useState } from 'react';

import { useText } from '../i18n';
import { COMMON } from '../i18n/common';
import { Button, IconButton } from './button';
import styles from './developing-picture.module.css';
import { Picture } from './picture';

export interface DevelopingPictureProps {
  readonly development: Development;
  /** Which picture of the task; it may not have begun. */
  readonly image: DevelopingImage | undefined;
  readonly alt: string;
  readonly onCancel?: (() => void) | undefined;
}

export function DevelopingPicture({ development, image, alt, onCancel }: DevelopingPictureProps): JSX.Element {
  const text = useText(COMMON);
  if (image?.image) return <DevelopedPicture image={image} alt={alt} />;
  const frame = image?.frames.at(-1);
  const [steps, step] = frame ? [frame.numInferenceSteps, frame.stepIndex] : [1, 0];
  const left = image ? secondsLeft(image.frames) : null;
  const isOver = development.status === 'FAILED' || development.status === 'CANCELLED';
  return (
    <figure className={styles.frame}>
      <div
        className={`${styles.tray} ${isOver ? '' : styles.developing}`}
        style={{ aspectRatio: `${image?.width ?? 1} / ${image?.height ?? 1}` }}
      >
        {frame ? <img src={frame.dataUrl} alt={alt} /> : isOver || <div className={styles.blank} />}
      </div>
      {isOver || (
        <progress className={styles.bar} aria-label={alt} value={step} max={steps}>
          {text.developing(Math.round((100 * step) / steps))}
        </progress>
      )}
      <figcaption className={styles.edge}>
        {isOver ? (
          <span className={styles.problem}>{development.status === 'FAILED' ? text.failed : text.cancelled}</span>
        ) : frame ? (
          <>
            <span>{text.step(step, steps)}</span>
            <span>{text.sigma(frame.sigma)}</span>
            {left !== null && <span>{text.left(left)}</span>}
          </>
        ) : (
          <span>{development.status === 'QUEUED' ? waitingText(text, development) : text.exposing}</span>
        )}
        {development.attempt > 1 && !isOver && <span>{text.attempt(development.attempt)}</span>}
        {!isOver && onCancel && (
          <Button look="quiet" isSmall icon="stop" onClick={onCancel}>
            {text.cancel}
          </Button>
        )}
      </figcaption>
    </figure>
  );
}

type Text = (typeof COMMON)['en'];

function waitingText(text: Text, { position }: Development): string {
  return position === null ? text.waiting : `${text.waiting} · ${text.ahead(position)}`;
}

const PLAY_MS_PER_FRAME = 220;

/** The finished picture, with a slider over its development where the page saw it. */
export function DevelopedPicture({
  image,
  alt,
}: {
  readonly image: DevelopingImage;
  readonly alt: string;
}): JSX.Element {
  const text = useText(COMMON);
  const { frames } = image;
  const [shown, setShown] = useState(frames.length);
  const [isPlaying, setPlaying] = useState(false);

  // It ends with the last frame.
  const plays = isPlaying && shown < frames.length;
  useEffect(() => {
    if (!plays) return undefined;
    const timer = setInterval(() => setShown((before) => Math.min(before + 1, frames.length)), PLAY_MS_PER_FRAME);
    return () => clearInterval(timer);
  }, [plays, frames.length]);
  const frame = frames[shown];
  return (
    <figure className={styles.frame}>
      <div className={styles.tray} style={{ aspectRatio: `${image.width} / ${image.height}` }}>
        {frame ? (
          <img src={frame.dataUrl} alt={alt} />
        ) : (
          <Picture image={image.image} url={image.image?.url} alt={alt} isLazy={false} />
        )}
      </div>
      {frames.length > 1 && (
        <div className={styles.replay}>
          <IconButton
            isSmall
            icon={plays ? 'pause' : 'play'}
            label={plays ? text.pause : text.play}
            onClick={() => {
              if (shown === frames.length) setShown(0);
              setPlaying(!plays);
            }}
          />
          <input
            type="range"
            aria-label={text.replay}
            aria-valuetext={frame ? text.step(frame.stepIndex, frame.numInferenceSteps) : text.developed}
            min={0}
            max={frames.length}
            value={shown}
            onChange={(event) => {
              setPlaying(false);
              setShown(event.target.valueAsNumber);
            }}
          />
        </div>
      )}
    </figure>
  );
}
