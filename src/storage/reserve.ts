/**
 * A file that only keeps some room. When the disk is full it is given back, so that the database can still write down that a task
 * failed, and why.
 */
import { open, rm, stat } from 'node:fs/promises';

const RESERVE_BYTES = 1024 * 1024;

export interface DiskReserve {
  /** Gives the room back. */
  release(): Promise<void>;
  /** Takes the room again where there is enough; never fails. */
  restore(): Promise<void>;
}

export async function openDiskReserve(path: string): Promise<DiskReserve> {
  const reserve: DiskReserve = {
    async release() {
      await rm(path, { force: true });
    },

    async restore() {
      try {
        if ((await stat(path)).size === RESERVE_BYTES) return;
      } catch {
        // Not there: make it.
      }
      try {
        const file = await open(path, 'w');
        try {
          await file.writeFile(Buffer.alloc(RESERVE_BYTES));
          await file.sync();
        } finally {
          await file.close();
        }
      } catch {
        // Half a reserve would take the room that others need now.
        await rm(path, { force: true });
      }
    },
  };
  await reserve.restore();
  return reserve;
}
