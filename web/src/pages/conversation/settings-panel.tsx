/** How pictures are drawn: empty fields are as the model has it, which each field shows. */
import type { JSX } from 'react';

import { Button } from '../../components/button';
import { useText } from '../../i18n';
import { type Draft, type DraftSettings, NO_SETTINGS } from '../../lib/draft';
import type { StudioModelsQuery } from './gql/graphql';
import { CONVERSATION } from './messages';
import styles from './settings-panel.module.css';

export type Model = StudioModelsQuery['models'][number];

export interface SettingsPanelProps {
  readonly models: readonly Model[];
  readonly model: Model;
  /** A conversation that has begun keeps its model. */
  readonly isModelFixed: boolean;
  readonly draft: Draft;
  readonly onChange: (change: Partial<Draft>) => void;
}

export function SettingsPanel({ models, model, isModelFixed, draft, onChange }: SettingsPanelProps): JSX.Element {
  const text = useText(CONVERSATION);
  const { limits, defaults } = model;
  const { settings } = draft;
  const set = (part: Partial<DraftSettings>) => onChange({ settings: { ...settings, ...part } });
  return (
    <fieldset className={styles.panel}>
      <legend className="visually-hidden">{text.settings}</legend>
      <label className={styles.field}>
        {text.model}
        <select
          value={model.id}
          disabled={isModelFixed || models.length < 2}
          title={isModelFixed ? text.modelFixed : undefined}
          onChange={(event) => onChange({ model: event.target.value, settings: NO_SETTINGS })}
        >
          {models.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <NumberField
        label={text.width}
        value={settings.width}
        placeholder={defaults.width}
        min={limits.minWidth}
        max={limits.maxWidth}
        step={limits.sizeMultiple}
        isFixed={limits.minWidth === limits.maxWidth}
        onChange={(width) => set({ width })}
      />
      <NumberField
        label={text.height}
        value={settings.height}
        placeholder={defaults.height}
        min={limits.minHeight}
        max={limits.maxHeight}
        step={limits.sizeMultiple}
        isFixed={limits.minHeight === limits.maxHeight}
        onChange={(height) => set({ height })}
      />
      <NumberField
        label={text.steps}
        value={settings.numInferenceSteps}
        placeholder={defaults.numInferenceSteps}
        min={1}
        max={limits.maxSteps}
        step={1}
        onChange={(numInferenceSteps) => set({ numInferenceSteps })}
      />
      <NumberField
        label={text.guidance}
        value={settings.guidanceScale}
        placeholder={defaults.guidanceScale}
        min={0}
        max={30}
        step={0.5}
        onChange={(guidanceScale) => set({ guidanceScale })}
      />
      <NumberField
        label={text.seed}
        value={settings.seed}
        placeholder={text.randomSeed}
        min={0}
        max={MAX_SEED}
        step={1}
        onChange={(seed) => set({ seed })}
      />
      <NumberField
        label={text.count}
        value={settings.count}
        placeholder={defaults.count}
        min={1}
        max={limits.maxImages}
        step={1}
        isFixed={limits.maxImages === 1}
        onChange={(count) => set({ count })}
      />
      <div className={styles.wide}>
        <span>{text.settingsHelp}</span>
        <Button isSmall look="quiet" onClick={() => onChange({ settings: NO_SETTINGS })}>
          {text.reset}
        </Button>
      </div>
    </fieldset>
  );
}

export const MAX_SEED = 2_147_483_647;

interface NumberFieldProps {
  readonly label: string;
  readonly value: number | null;
  readonly placeholder: number | string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly isFixed?: boolean;
  readonly onChange: (value: number | null) => void;
}

function NumberField({
  label,
  value,
  placeholder,
  isFixed = false,
  onChange,
  ...limits
}: NumberFieldProps): JSX.Element {
  return (
    <label className={styles.field}>
      {label}
      <input
        type="number"
        inputMode="decimal"
        value={value ?? ''}
        placeholder={String(placeholder)}
        disabled={isFixed}
        {...limits}
        onChange={({ target }) => onChange(Number.isNaN(target.valueAsNumber) ? null : target.valueAsNumber)}
      />
    </label>
  );
}
