/**
 * Four groups of tests: `everyday` needs nothing but the packages of package.json; `servers` needs PostgreSQL, Redis and
 * Chromium on the machine; `converted` needs what scripts/lib/converted.mjs makes; `python` the environments that
 * scripts/lib/python.mjs makes. `npm run jest -- test/unit` runs a part of any.
 *
 * @type {import('jest').Config}
 */
const shared = {
  rootDir: import.meta.dirname,
  // onnxruntime-node only takes typed arrays of Node's own realm; the environment hands them to the tests.
  testEnvironment: '<rootDir>/test/support/jest-environment.cjs',
  setupFiles: ['<rootDir>/test/support/jest-setup.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swcOptions()] },
  moduleNameMapper: {
    '^darkroom$': '<rootDir>/src/index.ts',
    '^darkroom/(client|plugin|plugin/conformance|inference)$': '<rootDir>/src/$1/index.ts',
    // TypeScript sources import each other with the `.js` ending that Node needs after the build.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist[./]', '<rootDir>/models/toolkit/', '/\\.venv/'],
};

export default {
  projects: [
    {
      ...shared,
      displayName: 'everyday',
      testMatch: ['<rootDir>/test/{unit,contract,plugins,integration,parity}/**/*.test.ts'],
    },
    { ...shared, displayName: 'servers', testMatch: ['<rootDir>/test/servers/**/*.test.ts'] },
    { ...shared, displayName: 'converted', testMatch: ['<rootDir>/test/converted/**/*.test.ts'] },
    { ...shared, displayName: 'python', testMatch: ['<rootDir>/test/python/**/*.test.ts'] },
  ],
  testTimeout: 30_000,
  coverageDirectory: 'coverage',
};

function swcOptions() {
  return {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  };
}
