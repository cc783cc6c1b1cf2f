/** Secrets come from the environment alone; options name the variable. */
import { GatewayError } from 'darkroom/plugin';

/** @throws {GatewayError} CONFIG_INVALID when the variable was not passed on */
export function secretOf(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined;
  const value = process.env[variable];
  if (value !== undefined && value !== '') return value;
  throw new GatewayError(
    'CONFIG_INVALID',
    `The option apiKeyVariable names ${variable}, which this plugin's process does not have. Set it where the gateway runs, and name it under passEnv of this plugin.`,
  );
}
