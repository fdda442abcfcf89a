// How numbers are written. A written number that is rounded is told apart from one that is exact.

const MINUS = "−";
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const LOWERED = { "-": "₋", 0: "₀", 1: "₁", 2: "₂", 3: "₃", 4: "₄", 5: "₅", 6: "₆", 7: "₇", 8: "₈", 9: "₉" };

const each = (table, value) => Array.from(String(value), (sign) => table[sign] ?? sign).join("");

/** 10 to a whole exponent: -3 -> "10⁻³". */
export const power = (exponent) => `10${each(RAISED, exponent)}`;

/** A whole number as an index: 12 -> "₁₂". */
export const lowered = (value) => each(LOWERED, value);

/**
 * A number with `digits` significant digits, none of them wasted: 0.5 stays 0.5 where it is no rounding. Very large and
 * very small ones have a power of ten; infinity and NaN are written as such.
 */
export function show(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  const written = Array.from({ length: digits }, (_, k) => Number(value.toPrecision(k + 1)));
  const plain = written.find((shorter) => exact(value, shorter));
  const number = plain ?? written[digits - 1];
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    const [front, exponent] = (plain?.toExponential() ?? value.toExponential(digits - 1)).split("e");
    return `${front}·${power(Number(exponent))}`.replace(/^-/, MINUS);
  }
  const padded = value.toPrecision(digits);
  return (plain === undefined && !padded.includes("e") ? padded : String(number)).replace(/^-/, MINUS);
}

/** Whether a written number is the value itself: in single precision, as recorded, or in double. */
export const exact = (value, written) => Object.is(written, value) || Math.fround(written) === value || written === value;

/** A number as `show` wrote it, read back. */
export function read(text) {
  const [, front, raised] = /^([^·]*)(?:·10(.*))?$/.exec(text.replace(MINUS, "-").replace("∞", "Infinity"));
  const signs = Object.entries(RAISED);
  const exponent = Array.from(raised ?? "0", (sign) => signs.find(([, above]) => above === sign)?.[0] ?? sign).join("");
  return Number(`${front}e${exponent}`.replace("Infinitye0", "Infinity").replace("NaNe0", "NaN"));
}
