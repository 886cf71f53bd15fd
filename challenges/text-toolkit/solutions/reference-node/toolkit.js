/** Small tools for text: slugs, lines, words, numbers, templates, outlines and a counter of words. */

const ROMAN = [
  [1000, "M"], [900, "CM"], [500, "D"], [400, "CD"], [100, "C"], [90, "XC"],
  [50, "L"], [40, "XL"], [10, "X"], [9, "IX"], [5, "V"], [4, "IV"], [1, "I"],
];
const DAY = 24 * 60 * 60 * 1000;

/** What was asked for by its name is not there. */
export class KeyError extends Error {
  name = "KeyError";
}

const length = (text) => [...text].length;

const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Orders texts by code points; `<` would order them by halves of characters. */
function byCodePoint(first, second) {
  const [one, other] = [[...first], [...second]];
  const at = one.findIndex((char, index) => char !== other[index]);
  if (at < 0) return one.length - other.length;
  return one[at].codePointAt(0) - (other[at]?.codePointAt(0) ?? -1);
}

/** Letters a-z and digits, everything else as single hyphens. */
export function slug(text) {
  const plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
}

/** The words in lines of at most `width` characters; a longer word has a line of its own. */
export function wrap(text, width) {
  if (width < 1) throw new RangeError(`width must be at least 1, not ${width}`);
  const lines = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && length(last) + 1 + length(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A line by its number from 0. */
export function lineAt(text, number) {
  const lines = text.split("\n");
  if (!(number in lines)) throw new RangeError(`there is no line ${number}, only ${lines.length} lines`);
  return lines[number];
}

/** How often each word stands in a text. */
export function wordCounts(text) {
  return new WordCounter(text).toMap();
}

/** The most frequent words, equally frequent ones by their code points. */
export function topWords(text, count) {
  if (count < 0) throw new RangeError(`count must not be negative: ${count}`);
  return [...wordCounts(text)].sort((one, other) => other[1] - one[1] || byCodePoint(one[0], other[0])).slice(0, count);
}

/** How many characters must be put in, left out or replaced. */
export function editDistance(first, second) {
  const other = [...second];
  let row = [0, ...other.map((_, index) => index + 1)];
  for (const char of first) {
    const next = [row[0] + 1];
    other.forEach((letter, index) => {
      next.push(Math.min(row[index + 1] + 1, next[index] + 1, row[index] + (char === letter ? 0 : 1)));
    });
    row = next;
  }
  return row.at(-1);
}

/** 1 for equal texts, 0 for such as have nothing in common. */
export function similarity(first, second) {
  const longest = Math.max(length(first), length(second));
  return longest === 0 ? 1 : 1 - editDistance(first, second) / longest;
}

/** A number for a text: a BigInt, since doubles would not be exact. */
export function fingerprint(text) {
  return [...text].reduce((number, char) => BigInt.asUintN(55, number * 131n + BigInt(char.codePointAt(0))), 0n);
}

/** A whole number from 1 to 3999 in Roman numerals. */
export function roman(number) {
  if (!Number.isInteger(number) || number < 1 || number > 3999) throw new RangeError(`${number} is not from 1 to 3999`);
  let rest = number;
  let written = "";
  for (const [value, letters] of ROMAN) {
    written += letters.repeat(rest / value);
    rest %= value;
  }
  return written;
}

/** The number of Roman numerals. */
export function fromRoman(text) {
  let number = 0;
  let rest = text;
  for (const [value, letters] of ROMAN) {
    while (rest.startsWith(letters)) {
      number += value;
      rest = rest.slice(letters.length);
    }
  }
  if (rest || number < 1 || number > 3999 || roman(number) !== text) throw new RangeError(`${text} is no Roman number`);
  return number;
}

function time(text) {
  const found = /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  // A day that there is not would become one of the next month.
  if (Number.isNaN(found?.getTime() ?? NaN) || found.toISOString().slice(0, 10) !== text)
    throw new RangeError(`${text} is not a date`);
  return found.getTime();
}

/** Days from one date to another; negative when the second is earlier. */
export function daysBetween(first, second) {
  return (time(second) - time(first)) / DAY;
}

/** What goes up to the first `.`, `!` or `?`; null if there is none. */
export function firstSentence(text) {
  return /^[^.!?]*[.!?]/.exec(text)?.[0].trim() ?? null;
}

/** The template with `{name}` replaced by values; `{{` and `}}` are braces. */
export function fill(template, values) {
  return template.replaceAll(/\{\{|\}\}|\{([a-z_]+)\}|[{}]/g, (mark, name, at) => {
    if (mark === "{{" || mark === "}}") return mark[0];
    if (name === undefined) throw new RangeError(`a brace stands alone at ${at}`);
    if (!Object.hasOwn(values, name)) throw new KeyError(`there is no value for ${name}`);
    return String(values[name] ?? "");
  });
}

/** The headings of a text, those of a deeper level inside of the one before. */
export function outline(text) {
  const levels = [[]];
  for (const line of text.split("\n")) {
    const [, marks, title] = /^(#+) +(.*\S) *$/.exec(line) ?? [];
    if (marks === undefined) continue;
    if (marks.length > levels.length)
      throw new RangeError(`"${line}" is more than one level deeper than the heading before`);
    const children = [];
    levels[marks.length - 1].push({ title, children });
    levels.splice(marks.length, Infinity, children);
  }
  return levels[0];
}

/** Counts the words of many texts. */
export class WordCounter {
  #counts = new Map();

  /** Begin with texts, if there are any. */
  constructor(...texts) {
    for (const text of texts) this.add(text);
  }

  /** All words. */
  get total() {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Count a text; how many words it has. */
  add(text) {
    const found = words(text);
    for (const word of found) this.#add(word, 1);
    return found.length;
  }

  #add(word, count) {
    this.#counts.set(word, (this.#counts.get(word) ?? 0) + count);
  }

  /** How often a word was met. */
  count(word) {
    return this.#counts.get(word.toLowerCase()) ?? 0;
  }

  /** Forget a word; how often it was met. */
  remove(word) {
    const met = this.count(word);
    if (!this.#counts.delete(word.toLowerCase())) throw new KeyError(`the word ${word} was never met`);
    return met;
  }

  /** Add what another counter has counted. */
  merge(other) {
    for (const [word, count] of other.toMap()) this.#add(word, count);
  }

  /** All words with how often they were met. */
  toMap() {
    return new Map(this.#counts);
  }
}
