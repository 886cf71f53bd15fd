export const unitPrice = (value) => value;
