import type { PluginLog } from '../contract.js';

/**
 * A plugin's log: one JSON line on standard output for each message, which the gateway takes over with its level and
 * fields. What a library prints by itself is no JSON of this shape, and is taken over as text.
 */
export function lineLog(write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)): PluginLog {
  const at = (level: keyof PluginLog) => (message: string, fields?: Record<string, unknown>) =>
    write(JSON.stringify({ level, message, ...fields }));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
