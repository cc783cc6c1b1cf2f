/**
 * Opens a model bundle: manifest read and cross-checked at once, every file by its size at once and by its sha256 when
 * it is loaded, so that nothing damaged ever runs and no process hashes weights that it does not use.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { GatewayError } from '../../errors/index.js';
import { elementCount, float32, type Float32 } from '../tensor/tensor.js';
import { GRAPHS, IMAGE_PREFILL_ROWS, LANGUAGE_GRAPHS } from './graphs.js';
import { type BundleFile, type GraphManifest, type Manifest, manifestSchema } from './manifest.js';

export const MANIFEST_FILE = 'manifest.json';

export interface Bundle {
  readonly folder: string;
  readonly manifest: Manifest;
  /** The graph of this name. @throws GatewayError BUNDLE_INVALID when there is none */
  graph(name: string): GraphManifest;
  /** The constant of this name, verified and read. @throws GatewayError BUNDLE_MISSING, BUNDLE_DAMAGED, BUNDLE_INVALID */
  constant(name: string): Promise<Float32>;
  /** Path of a file whose size and sha256 are right. @throws GatewayError BUNDLE_MISSING, BUNDLE_DAMAGED */
  verified(file: BundleFile): Promise<string>;
}

export interface OpenBundleOptions {
  /** `elsewhere`: a server runs the graphs, so neither they nor their weights need lie in the folder. Default `here`. */
  readonly graphs?: 'here' | 'elsewhere';
}

/**
 * @param folder holds manifest.json and the files that it names
 * @throws GatewayError BUNDLE_MISSING when the folder or a file is not there, BUNDLE_INVALID when the manifest cannot be
 *   used (every fault is listed), BUNDLE_DAMAGED when a file has another size
 */
export async function openBundle(folder: string, { graphs = 'here' }: OpenBundleOptions = {}): Promise<Bundle> {
  const manifest = parseManifest(folder, await readManifest(folder));
  const checked = new Map<string, Promise<string>>();
  const bundle: Bundle = {
    folder,
    manifest,
    graph(name) {
      const graph = manifest.graphs[name];
      if (graph === undefined) throw invalid(folder, [`there is no graph ${name}`]);
      return graph;
    },
    async constant(name) {
      const constant = manifest.constants[name];
      if (constant === undefined) throw invalid(folder, [`there is no constant ${name}`]);
      const bytes = await readFile(await bundle.verified(constant.file));
      // A copy, because a Float32Array must begin at a multiple of four bytes.
      return float32(constant.shape, new Float32Array(new Uint8Array(bytes).buffer));
    },
    verified(file) {
      const known = checked.get(file.path) ?? verify(folder, file);
      checked.set(file.path, known);
      return known;
    },
  };
  const files = graphs === 'here' ? bundleFiles(manifest) : bundleFiles({ ...manifest, graphs: {} });
  for (const file of files) await checkSize(folder, file);
  return bundle;
}

/** Verify every file of a bundle by size and sha256. @throws GatewayError BUNDLE_MISSING, BUNDLE_DAMAGED for the first bad one */
export async function verifyBundle(bundle: Bundle): Promise<void> {
  for (const file of bundleFiles(bundle.manifest)) await bundle.verified(file);
}

/** Every file that a manifest names, each once. */
export function bundleFiles(manifest: Manifest): BundleFile[] {
  const files = [
    manifest.tokenizer.tokenizer,
    manifest.tokenizer.config,
    ...Object.values(manifest.graphs).flatMap((graph) => [graph.file, ...graph.weights]),
    ...Object.values(manifest.constants).map((constant) => constant.file),
  ];
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

async function readManifest(folder: string): Promise<string> {
  const file = path.join(folder, MANIFEST_FILE);
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new GatewayError(
      'BUNDLE_MISSING',
      `There is no model bundle at ${folder}: ${MANIFEST_FILE} could not be read. Check the path, or build the bundle with the toolkit.`,
      { cause },
    );
  });
}

function parseManifest(folder: string, text: string): Manifest {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError(
      'BUNDLE_INVALID',
      `${MANIFEST_FILE} of the bundle at ${folder} is not JSON; export the bundle again.`,
      { cause },
    );
  }
  const parsed = manifestSchema.safeParse(document);
  if (!parsed.success)
    throw invalid(
      folder,
      parsed.error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`),
    );
  const faults = crossCheck(parsed.data);
  if (faults.length > 0) throw invalid(folder, faults);
  return parsed.data;
}

/** What one part of the manifest says of another. */
function crossCheck(manifest: Manifest): string[] {
  const faults: string[] = [];
  const { embeddingSpace, image, language, vision, graphs, constants } = manifest;

  const expectGraph = (kind: keyof typeof GRAPHS, name: string, where: string) => {
    const graph = graphs[name];
    if (graph === undefined) {
      faults.push(`${where} names the graph ${name}, which is not in graphs`);
      return;
    }
    for (const side of ['inputs', 'outputs'] as const) {
      const wanted = Object.values<string>(GRAPHS[kind][side]).sort().join(', ');
      const came = Object.keys(graph[side]).sort().join(', ');
      if (wanted !== came) faults.push(`graphs.${name}.${side} should be ${wanted}, not ${came}`);
    }
  };
  const expectConstant = (name: string, where: string) => {
    if (constants[name] === undefined) faults.push(`${where} names the constant ${name}, which is not in constants`);
  };

  for (const kind of LANGUAGE_GRAPHS) expectGraph(kind, kind, 'every bundle');
  for (const decoder of [manifest.decoders.generation, manifest.decoders.editing]) {
    if (decoder === null) continue;
    const where = `decoders.${decoder.kind}`;
    expectGraph(decoder.kind === 'generation' ? 'adapter' : 'merger', decoder.graphs.conditioner, where);
    expectGraph('modulation', decoder.graphs.modulation, where);
    expectGraph('denoiser', decoder.graphs.denoiser, where);
    expectGraph('vaeDecoder', decoder.graphs.vaeDecoder, where);
    if (decoder.graphs.previewDecoder !== null) expectGraph('previewDecoder', decoder.graphs.previewDecoder, where);
    expectConstant(decoder.constants.pooled, where);
    if (decoder.constants.negativeContext !== null) expectConstant(decoder.constants.negativeContext, where);
    if (decoder.constants.negativePooled !== null) expectConstant(decoder.constants.negativePooled, where);
    if (decoder.kind === 'editing' && decoder.merger === null)
      faults.push(`${where}.merger is null, but an editing decoder has a merger`);
    if (decoder.preview.factors.length !== decoder.latent.channels) {
      faults.push(
        `${where}.preview.factors has ${decoder.preview.factors.length} rows for ${decoder.latent.channels} latent channels`,
      );
    }
    const step = 2 * decoder.latent.factor;
    if (decoder.limits.sizeMultiple % step !== 0)
      faults.push(`${where}.limits.sizeMultiple should be a multiple of ${step}: latents are packed two by two`);
  }

  const merged = elementCount(embeddingSpace.grid) / image.mergeSize ** 2;
  if (merged !== embeddingSpace.imageTokens)
    faults.push(`embeddingSpace.grid merges to ${merged} tokens, but imageTokens is ${embeddingSpace.imageTokens}`);
  const section = language.mropeSection.reduce((sum, size) => sum + size, 0);
  if (2 * section !== language.headDim)
    faults.push(`language.mropeSection adds up to ${section}, which should be half of headDim ${language.headDim}`);
  if (embeddingSpace.dimension > language.hidden) {
    faults.push(
      `embeddingSpace.dimension is ${embeddingSpace.dimension}, but rows of the language model have ${language.hidden} numbers`,
    );
  }
  if (language.heads % language.kvHeads !== 0)
    faults.push(`language.heads ${language.heads} is no multiple of kvHeads ${language.kvHeads}`);
  if (vision.headDim % 4 !== 0)
    faults.push(`vision.headDim ${vision.headDim} should be a multiple of 4: rows and columns share it, in pairs`);
  const rows = constants[IMAGE_PREFILL_ROWS];
  const wantedRows = [embeddingSpace.imageTokens, language.hidden].join(', ');
  if (rows === undefined) faults.push(`there is no constant ${IMAGE_PREFILL_ROWS}`);
  else if (rows.shape.join(', ') !== wantedRows)
    faults.push(`constants.${IMAGE_PREFILL_ROWS} should be [${wantedRows}], not [${rows.shape.join(', ')}]`);
  for (const [name, constant] of Object.entries(constants)) {
    if (4 * elementCount(constant.shape) !== constant.file.bytes)
      faults.push(`constants.${name} is [${constant.shape.join(', ')}] in ${constant.file.bytes} bytes`);
  }
  return faults;
}

async function checkSize(folder: string, file: BundleFile): Promise<void> {
  const { size } = await stat(path.join(folder, file.path)).catch((cause: unknown) => {
    throw missing(folder, file, cause);
  });
  if (size === file.bytes) return;
  const actual = await sha256(folder, file);
  throw damaged(folder, file, `it has ${size} bytes and sha256 ${actual}`);
}

async function verify(folder: string, file: BundleFile): Promise<string> {
  await checkSize(folder, file);
  const actual = await sha256(folder, file);
  if (actual !== file.sha256) throw damaged(folder, file, `it has sha256 ${actual}`);
  return path.join(folder, file.path);
}

async function sha256(folder: string, file: BundleFile): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path.join(folder, file.path), { highWaterMark: 1 << 20 }))
      hash.update(chunk);
  } catch (cause) {
    throw missing(folder, file, cause);
  }
  return hash.digest('hex');
}

function missing(folder: string, file: BundleFile, cause: unknown): GatewayError {
  return new GatewayError(
    'BUNDLE_MISSING',
    `${file.path} of the bundle at ${folder} cannot be read; fetch or build the bundle again.`,
    { cause },
  );
}

function damaged(folder: string, file: BundleFile, came: string): GatewayError {
  return new GatewayError(
    'BUNDLE_DAMAGED',
    `${file.path} of the bundle at ${folder} is damaged: wanted ${file.bytes} bytes and sha256 ${file.sha256}, but ${came}. Fetch or build the bundle again.`,
  );
}

function invalid(folder: string, faults: readonly string[]): GatewayError {
  return new GatewayError(
    'BUNDLE_INVALID',
    `${MANIFEST_FILE} of the bundle at ${folder} cannot be used: ${faults.join('; ')}. Export it with a matching toolkit.`,
  );
}
