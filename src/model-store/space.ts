/** Free space on the disk of a folder, asked before a long download rather than found out at its end. */
import { statfs } from 'node:fs/promises';

import { GatewayError } from '../errors/index.js';

/** @returns bytes that this user may still write into the folder */
export type FreeSpaceProbe = (folder: string) => Promise<number>;

/** For folders, records and everybody else on the disk. */
const SPARE_BYTES = 64 * 1024 * 1024;

export const freeSpace: FreeSpaceProbe = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** @throws GatewayError STORAGE_FULL saying how much is wanted and how much is there */
export async function checkSpace(folder: string, wantedBytes: number, probe: FreeSpaceProbe): Promise<void> {
  const free = await probe(folder);
  if (wantedBytes === 0 || free >= wantedBytes + SPARE_BYTES) return;
  throw new GatewayError(
    'STORAGE_FULL',
    `${formatBytes(wantedBytes)} are still to be fetched and ${formatBytes(SPARE_BYTES)} are to stay free, but the disk of ${folder} has ${formatBytes(free)} free. Free ${formatBytes(wantedBytes + SPARE_BYTES - free)}, or choose a folder on another disk.`,
  );
}

/** Decimal units, as disks and hubs count: `1.23 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}
