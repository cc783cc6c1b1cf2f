/** The first minute: what the model knows, said honestly, and prompts to press. */
import type { JSX } from 'react';

import { Button } from '../../components/button';
import { useText } from '../../i18n';
import { CONVERSATION } from './messages';
import styles from './page.module.css';
import type { Model } from './settings-panel';

export interface WelcomeProps {
  readonly model: Model | undefined;
  readonly onTry: (prompt: string) => void;
  readonly isBusy: boolean;
}

export function Welcome({ model, onTry, isBusy }: WelcomeProps): JSX.Element {
  const text = useText(CONVERSATION);
  return (
    <div className={styles.welcome}>
      <h1>{text.welcome}</h1>
      {model && <p>{model.id === 'nexus-nano' ? text.nano : text.other(model.name)}</p>}
      <div>
        <p id="samples">{text.tryOne}</p>
        <ul className={styles.samples} aria-labelledby="samples">
          {text.samples.map((sample) => (
            <li key={sample}>
              <Button disabled={isBusy || model === undefined} onClick={() => onTry(sample)}>
                {sample}
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
