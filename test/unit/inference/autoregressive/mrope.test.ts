import { describe, expect, test } from '@jest/globals';
import { type Position, promptPositions, RotaryTable } from '../../../../src/inference/autoregressive/mrope.js';

const [TEXT, VS, IMG, VE] = [5, 1, 9, 2];
const axis = (positions: readonly Position[], index: 0 | 1 | 2) => positions.map((position) => position[index]);

describe('positions of a prompt', () => {
  test('text walks on all axes, a picture spans its grid, text goes on behind its longer side (nexus-gen.md 4.3)', () => {
    const ids = [TEXT, TEXT, TEXT, VS, IMG, IMG, IMG, IMG, IMG, IMG, VE, TEXT, TEXT];
    const { positions, next } = promptPositions(ids, [[1, 4, 6]], IMG, 2);
    expect(axis(positions, 0)).toEqual([0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 7, 8, 9]);
    expect(axis(positions, 1)).toEqual([0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 7, 8, 9]);
    expect(axis(positions, 2)).toEqual([0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9]);
    expect(next).toBe(10);
  });

  test('an edit prompt with 324 units puts the token behind the picture at 33', () => {
    const ids = [...new Array<number>(14).fill(TEXT), VS, ...new Array<number>(324).fill(IMG), VE];
    const { positions, next } = promptPositions(ids, [[1, 36, 36]], IMG, 2);
    expect(positions[14]).toEqual([14, 14, 14]);
    expect(positions[338]).toEqual([15, 32, 32]);
    expect(positions[339]).toEqual([33, 33, 33]);
    expect(next - ids.length).toBe(-306);
  });

  test('pictures that do not fill the placeholders are a mistake of the caller', () => {
    expect(() => promptPositions([VS, IMG, VE], [[1, 4, 4]], IMG, 2)).toThrow(TypeError);
    expect(() => promptPositions([TEXT], [[1, 2, 2]], IMG, 2)).toThrow(TypeError);
    expect(() => promptPositions([VS, IMG, IMG, VE], [[1, 2, 2]], IMG, 2)).toThrow(TypeError);
  });
});

describe('the rotary table', () => {
  const table = new RotaryTable({ headDim: 128, ropeTheta: 1_000_000, mropeSection: [16, 24, 24] });

  test('frequencies 0 to 15 turn with time, 16 to 39 with the row, 40 to 63 with the column', () => {
    const { sin } = table.tables([[3, 5, 7]]);
    const angle = (position: number, m: number) => Math.sin(position * 1_000_000 ** ((-2 * m) / 128));
    expect(sin.data[15]).toBeCloseTo(angle(3, 15), 6);
    expect(sin.data[16]).toBeCloseTo(angle(5, 16), 6);
    expect(sin.data[40]).toBeCloseTo(angle(7, 40), 6);
    expect(sin.data[64 + 40]).toBe(sin.data[40]);
  });

  test('more than three sections take the axes in turn', () => {
    const interleaved = new RotaryTable({ headDim: 12, ropeTheta: 100, mropeSection: [1, 1, 1, 1, 1, 1] });
    const { sin } = interleaved.tables([[3, 5, 7]]);
    const turns = [3, 5, 7, 3, 5, 7].map((position, m) => Math.sin(position * 100 ** (-m / 6)));
    turns.forEach((turn, m) => expect(sin.data[m]).toBeCloseTo(turn, 6));
  });

  test('equal axes give ordinary rotary positions', () => {
    const { cos } = table.tables([[11, 11, 11]]);
    const ordinary = Float32Array.from({ length: 64 }, (_, m) => Math.cos(11 * 1_000_000 ** ((-2 * m) / 128)));
    expect(cos.data.slice(0, 64)).toEqual(ordinary);
  });
});
