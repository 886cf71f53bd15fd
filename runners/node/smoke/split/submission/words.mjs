export const shout = (word) => `${word.toUpperCase()}!`;
export default class Word {
  constructor(text) {
    this.text = text;
  }
}
