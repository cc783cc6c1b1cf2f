/** Time in laps, so that what lies between two laps of interest can be thrown away. */
export class Stopwatch {
  #since = performance.now();

  /** Milliseconds since the last lap, or since the start. */
  lap(): number {
    const before = this.#since;
    this.#since = performance.now();
    return this.#since - before;
  }
}
