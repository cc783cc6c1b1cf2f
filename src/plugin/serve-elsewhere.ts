/** Runs one plugin for gateways on other machines: a supervisor whose process also listens at an address. */
import { GatewayError } from '../errors/index.js';
import type { PluginLog } from './contract.js';
import type { PluginProgram } from './program.js';
import type { ListenAddress } from './supervisor/host-process.js';
import { PluginSupervisor } from './supervisor/supervisor.js';
import { type SupervisorTiming, withDefaults } from './supervisor/timing.js';

export interface ServeElsewhereOptions {
  readonly program: PluginProgram;
  readonly listen: ListenAddress;
  readonly options?: unknown;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryLimitBytes?: number | undefined;
  readonly log: PluginLog;
  readonly timing?: Partial<SupervisorTiming>;
}

export interface ServedPlugin {
  readonly name: string;
  readonly version: string;
  /** Settles with the reason when the plugin is given up. */
  readonly failed: Promise<GatewayError>;
  stop(): Promise<void>;
}

/** Settles when the plugin can be called. @throws {GatewayError} why it cannot */
export async function serveElsewhere({ timing = {}, ...options }: ServeElsewhereOptions): Promise<ServedPlugin> {
  parseListen(options.listen.address);
  const { busySilenceMs } = withDefaults(timing);
  const supervisor = new PluginSupervisor({
    name: 'plugin',
    ...options,
    optionsFolder: process.cwd(),
    // Its calls come from elsewhere: that it works, and may be silent for so long, is not seen from here.
    timing: { ...timing, idleSilenceMs: busySilenceMs },
  });
  await supervisor.start();
  const { state, introduction } = supervisor;
  if (state.type === 'FAILED' || !introduction) {
    await supervisor.stop();
    throw state.type === 'FAILED' ? state.reason : new GatewayError('PLUGIN_UNAVAILABLE', 'The plugin did not start.');
  }
  const failed = new Promise<GatewayError>((resolve) => {
    supervisor.onChange(() => {
      if (supervisor.state.type === 'FAILED') resolve(supervisor.state.reason);
    });
  });
  return { name: introduction.name, version: introduction.version, failed, stop: () => supervisor.stop() };
}

/** Whether only this machine reaches an address. @param listen HOST:PORT */
export function isLoopback(listen: string): boolean {
  const { hostname } = parseListen(listen);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

/** @throws {GatewayError} CONFIG_INVALID */
function parseListen(listen: string): URL {
  const url = `grpc://${listen}`;
  if (URL.canParse(url)) {
    const parsed = new URL(url);
    if (parsed.host === listen && Number(parsed.port) > 0) return parsed;
  }
  throw new GatewayError(
    'CONFIG_INVALID',
    `--listen has to be HOST:PORT, for instance 0.0.0.0:7443 or [::]:7443; ${listen} came.`,
  );
}
