import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Of Darkroom, as package.json has it. The package's own name finds it from the sources and from dist alike. */
export const version: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve('darkroom/package.json'), 'utf8'),
  );
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
}
