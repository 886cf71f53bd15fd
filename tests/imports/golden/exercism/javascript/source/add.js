export const add = () => {
  throw new Error('Write it');
};
