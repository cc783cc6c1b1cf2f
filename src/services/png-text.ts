/** Text chunks in a PNG file: how a picture says by itself what made it. */

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const SIGNATURE_BYTES = SIGNATURE.length;
/** Length, type, 13 bytes of IHDR, checksum: it is always the first chunk. */
const HEADER_CHUNK_BYTES = 25;

/**
 * Puts international text chunks (UTF-8, uncompressed) behind the header of a PNG file.
 *
 * @param entries keyword (1 to 79 Latin letters) and text
 * @see   the PNG specification, third edition, 11.3.3.4 iTXt
 */
export function addPngText(png: Buffer, entries: Readonly<Record<string, string>>): Buffer {
  const place = SIGNATURE_BYTES + HEADER_CHUNK_BYTES;
  const chunks = Object.entries(entries).map(([keyword, text]) =>
    // keyword, 0, not compressed, method 0, no language, 0, no translated keyword, 0, text
    chunk(
      'iTXt',
      Buffer.concat([Buffer.from(keyword, 'latin1'), Buffer.from([0, 0, 0, 0, 0]), Buffer.from(text, 'utf8')]),
    ),
  );
  return Buffer.concat([png.subarray(0, place), ...chunks, png.subarray(place)]);
}

/**
 * The uncompressed international text chunks of a PNG file, by keyword; the last of a keyword counts. Other kinds of text chunk are
 * passed over, as is what breaks off. Anything but a PNG file has none.
 */
export function readPngText(png: Buffer): Record<string, string> {
  const entries: Record<string, string> = {};
  if (!png.subarray(0, SIGNATURE_BYTES).equals(SIGNATURE)) return entries;
  let place = SIGNATURE_BYTES;
  while (place + 12 <= png.length) {
    const length = png.readUInt32BE(place);
    const type = png.toString('latin1', place + 4, place + 8);
    const data = png.subarray(place + 8, place + 8 + length);
    if (type === 'iTXt' && data.length === length) {
      // keyword, 0, compressed or not, method, language, 0, translated keyword, 0, text
      const keywordEnd = data.indexOf(0);
      const languageEnd = data.indexOf(0, keywordEnd + 3);
      const translatedEnd = data.indexOf(0, languageEnd + 1);
      const isWhole = keywordEnd > 0 && languageEnd > keywordEnd && translatedEnd > languageEnd;
      if (isWhole && data[keywordEnd + 1] === 0)
        entries[data.toString('latin1', 0, keywordEnd)] = data.toString('utf8', translatedEnd + 1);
    }
    place += 12 + length;
  }
  return entries;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @see the PNG specification, annex D */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
