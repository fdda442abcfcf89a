// Numbers as they arrive from Python (`packed` in rnnviz/app/component.py): 4 bytes, the length of the header,
// little-endian; the header in JSON; then arrays end to end.

/**
 * bytes: Uint8Array -> { header, arrays: Map name -> { data, shape } }. Numbers: Float32Array or Float64Array, the
 * type of all arrays. Throws where the bytes are not what the header says.
 */
export function unpack(bytes, Numbers) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const numbers = bytes.slice(4 + length).buffer; // a copy begins at 0, as typed arrays ask for
  const arrays = new Map();
  let place = 0;
  for (const { name, shape } of header.arrays) {
    const size = shape.reduce((product, side) => product * side, 1);
    if (place + Numbers.BYTES_PER_ELEMENT * size > numbers.byteLength) throw new Error(`The bytes end before "${name}".`);
    arrays.set(name, { data: new Numbers(numbers, place, size), shape });
    place += Numbers.BYTES_PER_ELEMENT * size;
  }
  if (place !== numbers.byteLength) throw new Error("There are more bytes than the header says.");
  return { header, arrays };
}
