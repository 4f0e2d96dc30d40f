// QR codes (ISO/IEC 18004), as small as this page needs them: bytes, error correction M, one mask, versions 1 to 10.

// Total codewords, error correction codewords of a block, blocks, centres of the alignment patterns; by version.
const VERSIONS: readonly [number, number, number, readonly number[]][] = [
  [26, 10, 1, []], [44, 16, 1, [6, 18]], [70, 26, 1, [6, 22]], [100, 18, 2, [6, 26]], [134, 24, 2, [6, 30]],
  [172, 16, 4, [6, 34]], [196, 18, 4, [6, 22, 38]], [242, 22, 4, [6, 24, 42]], [292, 22, 5, [6, 26, 46]],
  [346, 26, 5, [6, 28, 50]],
];
const MASK = 3; // (row + column) mod 3: readers take any of the eight

type Grid = (boolean | undefined)[][];

/** The modules, row by row; true is dark. Throws RangeError for more than 213 bytes. */
export function qrModules(text: string): boolean[][] {
  const data = new TextEncoder().encode(text);
  const version = 1 + VERSIONS.findIndex(([total, error, blocks], at) =>
    data.length + (at >= 9 ? 3 : 2) <= total - error * blocks);
  if (!version) throw new RangeError("too long for a code of this page");
  const size = 17 + 4 * version;
  const grid: Grid = Array.from({ length: size }, () => Array<boolean | undefined>(size).fill(undefined));
  drawPatterns(grid, version);
  drawFormat(grid);
  drawBits(grid, interleaved(codewords(data, version), version));
  return grid.map((row) => row.map(Boolean));
}

/** The drawing as one SVG path with a quiet zone of four modules; the view box is as wide as `size` says. */
export function qrPath(text: string): { path: string; size: number } {
  const modules = qrModules(text);
  const strokes = modules.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x + 4} ${y + 4}h1v1h-1z`] : [])));
  return { path: strokes.join(""), size: modules.length + 8 };
}

function codewords(data: Uint8Array, version: number): number[] {
  const [total, error, blocks] = VERSIONS[version - 1]!;
  const room = total - error * blocks;
  const bits: number[] = [];
  const put = (value: number, length: number): void => {
    for (let at = length - 1; at >= 0; at -= 1) bits.push((value >> at) & 1);
  };
  put(4, 4); // bytes
  put(data.length, version < 10 ? 8 : 16);
  data.forEach((octet) => put(octet, 8));
  put(0, Math.min(4, room * 8 - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const words = Array.from({ length: bits.length / 8 }, (_, at) => parseInt(bits.slice(at * 8, at * 8 + 8).join(""), 2));
  for (let pad = 0xec; words.length < room; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

/** Blocks with their error correction, column by column, the shorter blocks first. */
function interleaved(words: number[], version: number): number[] {
  const [total, error, count] = VERSIONS[version - 1]!;
  const short = count - (total % count);
  const length = Math.floor(total / count) - error;
  const divisor = generator(error);
  const blocks: number[][] = [];
  for (let at = 0, block = 0; block < count; block += 1) {
    const size = length + (block < short ? 0 : 1);
    blocks.push(words.slice(at, at + size));
    at += size;
  }
  const columns = (parts: number[][], most: number) =>
    Array.from({ length: most }, (_, at) => parts.flatMap((part) => part.slice(at, at + 1))).flat();
  return [...columns(blocks, length + 1), ...columns(blocks.map((block) => remainder(block, divisor)), error)];
}

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function times(one: number, other: number): number {
  let product = 0;
  for (let at = 7; at >= 0; at -= 1) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((other >> at) & 1) * one);
  return product;
}

function generator(degree: number): number[] {
  const polynomial = [...Array<number>(degree - 1).fill(0), 1];
  for (let turn = 0, root = 1; turn < degree; turn += 1, root = times(root, 2)) {
    for (let at = 0; at < degree; at += 1) polynomial[at] = times(polynomial[at]!, root) ^ (polynomial[at + 1] ?? 0);
  }
  return polynomial;
}

function remainder(data: number[], divisor: number[]): number[] {
  const rest = divisor.map(() => 0);
  for (const octet of data) {
    const factor = octet ^ rest.shift()!;
    rest.push(0);
    divisor.forEach((coefficient, at) => (rest[at]! ^= times(coefficient, factor)));
  }
  return rest;
}

function drawPatterns(grid: Grid, version: number): void {
  const size = grid.length;
  for (let at = 0; at < size; at += 1) grid[6]![at] = grid[at]![6] = at % 2 === 0;
  const centres = VERSIONS[version - 1]![3];
  const last = centres.at(-1) ?? 0;
  for (const y of centres) {
    for (const x of centres) {
      if ((x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6)) continue;
      square(grid, x, y, 2, (far) => far !== 1);
    }
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) square(grid, x, y, 4, (far) => far !== 2 && far !== 4);
  if (version >= 7) drawVersion(grid, version);
}

function square(grid: Grid, x: number, y: number, reach: number, isDark: (far: number) => boolean): void {
  for (let dy = -reach; dy <= reach; dy += 1) {
    for (let dx = -reach; dx <= reach; dx += 1) {
      const row = grid[y + dy];
      if (row && x + dx >= 0 && x + dx < grid.length) row[x + dx] = isDark(Math.max(Math.abs(dx), Math.abs(dy)));
    }
  }
}

function drawVersion(grid: Grid, version: number): void {
  let rest = version;
  for (let turn = 0; turn < 12; turn += 1) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let at = 0; at < 18; at += 1) {
    const [far, near] = [grid.length - 11 + (at % 3), Math.floor(at / 3)];
    grid[near]![far] = grid[far]![near] = ((bits >> at) & 1) === 1;
  }
}

/** Error correction M (00) and the mask, twice. */
function drawFormat(grid: Grid): void {
  const size = grid.length;
  let rest = MASK;
  for (let turn = 0; turn < 10; turn += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((MASK << 10) | rest) ^ 0x5412;
  const bit = (at: number): boolean => ((bits >> at) & 1) === 1;
  for (let at = 0; at < 15; at += 1) {
    const [x, y] = at < 6 ? [8, at] : at < 8 ? [8, at + 1] : at === 8 ? [7, 8] : [14 - at, 8];
    grid[y]![x] = bit(at);
    if (at < 8) grid[8]![size - 1 - at] = bit(at);
    else grid[size - 15 + at]![8] = bit(at);
  }
  grid[size - 8]![8] = true;
}

/** Upwards and downwards in columns of two, from the right; masked. */
function drawBits(grid: Grid, words: number[]): void {
  const size = grid.length;
  let next = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (grid[y]![x] !== undefined) continue;
        const bit = next < words.length * 8 ? (words[next >> 3]! >> (7 - (next & 7))) & 1 : 0;
        next += 1;
        grid[y]![x] = (bit === 1) !== ((x + y) % 3 === 0);
      }
    }
  }
}
