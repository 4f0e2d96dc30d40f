/** The app's icons, drawn from one shape: a plate with two latches. PNG by node's own zlib, SVG as text. */
import { crc32, deflateSync } from "node:zlib";

const PLATE = [29, 78, 216];
const LATCH = [255, 255, 255];

// In a square of 64: two slots, one knob shot to the right, one to the left.
const SLOTS = [{ y: 22.5, knob: 44.5 }, { y: 41.5, knob: 19.5 }];
const SLOT = { left: 12, right: 52, radius: 7.5 };
const KNOB = 4.6;

export const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="15" fill="#1d4ed8"/>${
  SLOTS.map(({ y, knob }) => `<rect x="12" y="${y - 7.5}" width="40" height="15" rx="7.5" fill="#fff"/><circle cx="${knob}" cy="${y}" r="${KNOB}" fill="#1d4ed8"/>`).join("")
}</svg>`;

const cover = (distance, scale) => Math.min(1, Math.max(0, 0.5 - distance * scale));

function roundedSquare(x, y, radius) {
  const [dx, dy] = [Math.max(Math.abs(x - 32) - 32 + radius, 0), Math.max(Math.abs(y - 32) - 32 + radius, 0)];
  return Math.hypot(dx, dy) - radius;
}

function capsule(x, y, centre) {
  const [from, to] = [SLOT.left + SLOT.radius, SLOT.right - SLOT.radius];
  return Math.hypot(x - Math.min(Math.max(x, from), to), y - centre) - SLOT.radius;
}

/** Colour and opacity at a point; `shrink` leaves the border that maskable icons may lose. */
function pixel(x, y, scale, { corner, shrink }) {
  const [gx, gy] = [(x - 32) / shrink + 32, (y - 32) / shrink + 32];
  let latch = 0;
  for (const { y: centre, knob } of SLOTS) {
    const slot = cover(capsule(gx, gy, centre), scale * shrink);
    latch = Math.max(latch, slot - cover(Math.hypot(gx - knob, gy - centre) - KNOB, scale * shrink));
  }
  const colour = PLATE.map((part, at) => Math.round(part + (LATCH[at] - part) * Math.max(0, latch)));
  return [...colour, Math.round(255 * (corner ? cover(roundedSquare(x, y, corner), scale) : 1))];
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(typeof crc32 === "function" ? crc32(body) : slowCrc32(body));
  return Buffer.concat([length, body, sum]);
}

/** node 20 before 20.15 has no zlib.crc32. */
function slowCrc32(data) {
  let crc = ~0;
  for (const octet of data) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** `corner` in 64ths of the side, 0 for a full square; `shrink` the part of the square the drawing fills. */
export function png(size, shape) {
  const scale = size / 64;
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let row = 0, at = 0; row < size; row += 1) {
    rows[at++] = 0;
    for (let column = 0; column < size; column += 1) {
      for (const part of pixel((column + 0.5) / scale, (row + 0.5) / scale, scale, shape)) rows[at++] = part;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0)),
  ]);
}
