export const add = (one, other) => one + other;
