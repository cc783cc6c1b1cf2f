/**
 * Runs inside a gateway that a bench started, with `node --import` and an IPC channel: measures the delay of its event
 * loop between the messages `start` and `read`. The gateway knows nothing of it.
 *
 * The histogram holds the time between two ticks of a timer that fires every RESOLUTION_MS. So an idle loop reads a
 * little more than that, and nothing is taken off: what is told is never less than the delay.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const NS_PER_MS = 1e6;

export interface LoopDelay {
  readonly ticks: number;
  /** Milliseconds, as are the others. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Share of the time in which the loop was at work, 0 to 1. */
  readonly utilization: number;
  /** Processor time of the whole process, all threads, in milliseconds: other work on the machine hardly touches it. */
  readonly cpuMs: number;
}

const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let utilizationBefore = performance.eventLoopUtilization();
let cpuBefore = process.cpuUsage();

process.on('message', (message) => {
  if (message === 'start') {
    histogram.enable();
    histogram.reset();
    utilizationBefore = performance.eventLoopUtilization();
    cpuBefore = process.cpuUsage();
    process.send?.('started');
  }
  if (message === 'read') {
    histogram.disable();
    const at = (percentile: number) => histogram.percentile(percentile) / NS_PER_MS;
    const { user, system } = process.cpuUsage(cpuBefore); // microseconds
    const delay: LoopDelay = {
      ticks: histogram.count,
      ...{ p50: at(50), p99: at(99), p999: at(99.9), max: histogram.max / NS_PER_MS },
      utilization: performance.eventLoopUtilization(utilizationBefore).utilization,
      cpuMs: (user + system) / 1000,
    };
    process.send?.(delay);
  }
});
// A gateway that has stopped ends, whether or not the bench still holds the channel.
process.channel?.unref();
