/** The gateway's log: JSON lines for machines, or readable ones for a person at a terminal. */
import { type Logger, pino, stdSerializers } from 'pino';
import pretty from 'pino-pretty';

import { GatewayError } from './errors/index.js';
import type { PluginLog } from './plugin/contract.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  /** Readable, with colours on a terminal. */
  readonly isPretty: boolean;
  /** Default: standard error. */
  readonly destination?: NodeJS.WritableStream;
}

export function createLog({ level, isPretty, destination = process.stderr }: LogOptions): Logger {
  const options = { level, base: null, serializers: { err: withCode } };
  return pino(
    options,
    isPretty ? pretty({ destination, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }) : destination,
  );
}

/** The same log, as services and plugins write to it. */
export function plainLog(log: Logger): PluginLog {
  return {
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
  };
}

function withCode(error: Error): object {
  return error instanceof GatewayError ? { code: error.code, ...stdSerializers.err(error) } : stdSerializers.err(error);
}
